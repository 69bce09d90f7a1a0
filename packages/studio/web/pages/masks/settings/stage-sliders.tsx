/** Sliders below the pictures: along the way of the units, and over the windows. */
import type { JSX } from 'preact';
import { windowOf } from '../../../masks/windows.js';
import type { DrawnMask } from '../drawing/drawn-mask.js';

interface SlideProps {
  /** The progress from 0, in the image, to 1, where the encoder has the units. */
  readonly progress: number;
  readonly onMove: () => void;
  readonly onChange: (progress: number) => void;
}

export function MaskSlide({ progress, onMove, onChange }: SlideProps): JSX.Element {
  return (
    <div class="mask-slide">
      <button type="button" onClick={onMove}>
        {progress === 1 ? 'Show full grid' : 'Show compact grid'}
      </button>
      <input
        type="range"
        min={0}
        max={1}
        step={0.01}
        value={progress}
        aria-label="From the image to what the encoder sees"
        aria-valuetext={`${Math.round(100 * progress)} % of the way`}
        onInput={({ currentTarget }) => onChange(Number(currentTarget.value))}
      />
    </div>
  );
}

interface FollowedProps {
  readonly mask: DrawnMask;
  readonly followed: number;
  readonly windows: number;
  readonly onFollow: (window: number) => void;
}

/** Chooses the window that is outlined everywhere; pointing at the pictures does too. */
export function FollowedWindow({ mask, followed, windows, onFollow }: FollowedProps): JSX.Element {
  const { states, grid, window } = mask;
  const kept = [...states.keys()].filter(
    (unit) => states[unit] !== 'dropped' && windowOf(unit, grid, window) === followed,
  ).length;
  const name = `Window ${followed + 1} of ${windows}`;
  return (
    <label class="mask-slide">
      <span>
        {name}{' '}
        <small>
          keeps {kept} of {window[0] * window[1]} units
        </small>
      </span>
      <input
        type="range"
        min={0}
        max={windows - 1}
        value={followed}
        disabled={windows === 1}
        aria-valuetext={`${name} keeps ${kept}`}
        onInput={({ currentTarget }) => onFollow(Number(currentTarget.value))}
      />
    </label>
  );
}
