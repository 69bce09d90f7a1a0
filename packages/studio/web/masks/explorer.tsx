/** The method, to be played with: masks of an image, what the encoder gets of them, and why that stays regular. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { MaskControls } from './controls.js';
import { Explanation } from './explanation.js';
import { EncoderInput, type Masked, MaskedImage, WindowCounts } from './figures.js';
import { layoutOf } from './layout.js';
import { drawMask } from './mask.js';
import { type ExplorerSettings, gridOf, maskingOf } from './settings.js';
import { usePicture } from './use-picture.js';
import { useTravel } from './use-travel.js';
import { describeInput, describeMask, describeWindows } from './words.js';
import './masks.css';

interface ExplorerProps {
  readonly settings: ExplorerSettings;
  readonly onChange: (settings: ExplorerSettings) => void;
}

export function MaskExplorer({ settings, onChange }: ExplorerProps): JSX.Element {
  const { picture, failure, show } = usePicture();
  const masked = useMemo(() => maskOf(settings, picture), [settings, picture]);
  const travel = useTravel();
  const layout = useMemo(() => layoutOf(masked), [masked]);
  const { order, columns, window, region } = layout;
  return (
    <>
      <MaskControls {...{ settings, onChange }} onPicture={show} />
      <p class="quiet-text mask-note" role="status">
        {failure ?? 'Drop or paste an image of your own: it stays in this browser.'}
      </p>
      <div class="mask-figures">
        <figure>
          <MaskedImage masked={masked} />
          <figcaption>
            <b>The mask.</b> {describeMask(settings, masked)}
          </figcaption>
        </figure>
        <figure>
          <EncoderInput {...{ masked, order, columns, window }} together={travel.share} />
          <div class="controls">
            <label class="range">
              Pull together{' '}
              <input
                type="range"
                min={0}
                max={1}
                step={0.01}
                value={travel.share}
                onInput={(event) => travel.moveTo(Number(event.currentTarget.value))}
              />
            </label>
            <button type="button" onClick={travel.play}>
              Play
            </button>
          </div>
          <figcaption>
            <b>What the encoder gets.</b> {describeInput(masked, layout)}
          </figcaption>
        </figure>
        <figure>
          <WindowCounts {...{ masked, region }} />
          <figcaption>
            <b>Patches in every window.</b> {describeWindows(masked, region)}
          </figcaption>
        </figure>
      </div>
      <Explanation masked={masked} />
    </>
  );
}

function maskOf(settings: ExplorerSettings, picture: OffscreenCanvas): Masked {
  const grid = gridOf(settings);
  const masking = maskingOf(settings);
  const generator = xoroshiro128plus(settings.seed);
  const draw = (count: number) => uniformInt(generator, 0, count - 1);
  const cell = masking.kind === 'uniform' ? masking.cell : undefined;
  return { picture, grid, states: drawMask(masking, grid, draw), cell };
}
