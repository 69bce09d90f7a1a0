import type { JSX } from 'preact';
import type { EpochPicture } from '../../shared/protocol/run-details.js';

interface EpochSliderProps {
  readonly pictures: readonly EpochPicture[];
  /** The place of the picture that is shown. */
  readonly index: number;
  readonly onChange: (index: number) => void;
}

/** Moves through the epochs that have a picture. */
export function EpochSlider({ pictures, index, onChange }: EpochSliderProps): JSX.Element {
  const epoch = pictures[index]?.epoch ?? 0;
  const last = pictures.length - 1;
  return (
    <div class="controls">
      <label class="epoch-slider">
        Epoch{' '}
        <input
          type="range"
          min={0}
          max={last}
          value={index}
          aria-valuetext={`epoch ${epoch}`}
          onInput={(event) => onChange(Number(event.currentTarget.value))}
        />
        <output>{epoch}</output>
      </label>
      <button type="button" disabled={index === last} onClick={() => onChange(last)}>
        Newest
      </button>
    </div>
  );
}
