/** The image under its mask, and beside it what the encoder gets: the same units, moved together. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { countOf } from '../../masks/unit-state.js';
import type { DrawnMask } from './drawn-mask.js';
import { MaskCanvas } from './mask-canvas.js';
import { type Colours, drawMasked, drawPacked } from './mask-drawing.js';

interface StageProps {
  readonly picture: HTMLCanvasElement;
  readonly mask: DrawnMask;
}

export function MaskStage({ picture, mask }: StageProps): JSX.Element {
  const { progress, move, setProgress } = useProgress();
  const { grid, states, packing, window, cell } = mask;
  const drawImage = useCallback(
    (context: CanvasRenderingContext2D, colours: Colours) =>
      drawMasked(context, { picture, ...mask }, colours),
    [picture, mask],
  );
  const drawTokens = useCallback(
    (context: CanvasRenderingContext2D, colours: Colours) =>
      drawPacked(context, { picture, ...mask, progress, colours }),
    [picture, mask, progress],
  );
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
          label={`The image in ${sides(grid)} units: ${number('visible')}, ${number('hidden')}, ${number('dropped')}.`}
        />
        <figcaption>
          <strong>The image</strong> {sides(grid)} units, windows of {window.join(' × ')}
        </figcaption>
      </figure>
      <figure>
        <MaskCanvas
          draw={drawTokens}
          label={`What the encoder sees. ${packed}, ${number('hidden')}.`}
        />
        <figcaption>
          <strong>What the encoder sees</strong> {packed}
        </figcaption>
      </figure>
      <div class="mask-slide">
        <button type="button" onClick={move}>
          {progress === 1 ? 'Back into the image' : 'Move together'}
        </button>
        <input
          type="range"
          min={0}
          max={1}
          step={0.01}
          value={progress}
          aria-label="From the image to what the encoder sees"
          aria-valuetext={`${Math.round(100 * progress)} % of the way`}
          onInput={({ currentTarget }) => setProgress(Number(currentTarget.value))}
        />
      </div>
    </div>
  );
}

function sides({ rows, columns }: { readonly rows: number; readonly columns: number }): string {
  return `${rows} × ${columns}`;
}

const travelMs = 1800;

/** Of the units on their way; `move` goes to the other end, at once where the user wants no motion. */
function useProgress() {
  const [progress, setProgress] = useState(1);
  const frame = useRef(0);
  const stop = () => cancelAnimationFrame(frame.current);
  useEffect(() => stop, []);
  const move = () => {
    stop();
    const target = progress === 1 ? 0 : 1;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return setProgress(target);
    const [from, begin] = [progress, performance.now()];
    const step = (now: number) => {
      const way = Math.min(1, Math.max(0, now - begin) / travelMs);
      setProgress(target === 1 ? Math.min(1, from + way) : Math.max(0, from - way));
      if (way < Math.abs(target - from)) frame.current = requestAnimationFrame(step);
    };
    frame.current = requestAnimationFrame(step);
  };
  const jump = (to: number) => {
    stop();
    setProgress(to);
  };
  return { progress, move, setProgress: jump };
}
