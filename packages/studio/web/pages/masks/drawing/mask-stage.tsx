/**
 * The image under its mask, and beside it what the encoder gets: the same units, moved together.
 */
import type { JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import { countOf } from '../../../masks/unit-state.js';
import { windowOf } from '../../../masks/windows.js';
import { FollowedWindow, MaskSlide } from '../settings/stage-sliders.js';
import { useProgress } from '../use-progress.js';
import type { DrawnMask } from './drawn-mask.js';
import { MaskCanvas } from './mask-canvas.js';
import { drawScene, unitAt } from './mask-drawing.js';
import type { Colours } from './unit-drawing.js';

interface StageProps {
  readonly picture: HTMLCanvasElement;
  readonly mask: DrawnMask;
  /** The window that is shown strongly, of `windows`. */
  readonly followed: number;
  readonly windows: number;
  readonly onFollow: (window: number) => void;
}

export function MaskStage({ picture, mask, ...following }: StageProps): JSX.Element {
  const { followed, onFollow } = following;
  const { progress, move, setProgress } = useProgress();
  const { grid, states, packing, window, cell } = mask;
  const drawImage = useCallback(
    (context: CanvasRenderingContext2D, colours: Colours) =>
      drawScene(context, { picture, mask, followed, progress: 0 }, colours),
    [picture, mask, followed],
  );
  const drawTokens = useCallback(
    (context: CanvasRenderingContext2D, colours: Colours) =>
      drawScene(context, { picture, mask, followed, progress }, colours),
    [picture, mask, followed, progress],
  );
  const followAt = (progress: number) => (point: readonly [number, number]) => {
    const unit = unitAt({ mask, progress }, point);
    if (unit !== undefined) onFollow(windowOf(unit, grid, window));
  };
  const number = (state: 'visible' | 'hidden' | 'dropped') => `${countOf(states, state)} ${state}`;
  const tokens = packing.order.length;
  const packed = cell
    ? `Compact grid: ${sides(packing.grid)} tokens, windows of ${window[0] / cell[0]} × ${window[1] / cell[1]}`
    : `A list of ${tokens} tokens: no grid, no windows`;
  return (
    <div class="mask-stage">
      <figure>
        <MaskCanvas
          draw={drawImage}
          onPoint={followAt(0)}
          label={`The image in ${sides(grid)} units: ${number('visible')}, ${number('hidden')}, ${number('dropped')}.`}
        />
        <figcaption>
          <strong>The image</strong> {sides(grid)} units, windows of {window.join(' × ')}
        </figcaption>
      </figure>
      <figure>
        <MaskCanvas
          draw={drawTokens}
          onPoint={followAt(progress)}
          label={`What the encoder sees. ${packed}, ${number('hidden')}.`}
        />
        <figcaption>
          <strong>The encoder sees</strong> {packed}
        </figcaption>
      </figure>
      <MaskSlide progress={progress} onMove={move} onChange={setProgress} />
      <FollowedWindow mask={mask} {...following} />
    </div>
  );
}

function sides({ rows, columns }: { readonly rows: number; readonly columns: number }): string {
  return `${rows} × ${columns}`;
}
