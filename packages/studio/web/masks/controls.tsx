/** What can be chosen about a mask, and the user's own image. */
import type { JSX } from 'preact';
import { ImageInput } from '../components/image-input.js';
import { tiles } from './mask.js';
import { cells, type ExplorerSettings, gridOf, type Method, methods, sides } from './settings.js';

interface ControlsProps {
  readonly settings: ExplorerSettings;
  readonly onChange: (settings: ExplorerSettings) => void;
  readonly onPicture: (file: File) => void;
}

const names: Readonly<Record<Method, string>> = {
  random: 'Random',
  uniform: 'Uniform',
  secondary: 'Uniform with secondary',
};

export function MaskControls({ settings, onChange, onPicture }: ControlsProps): JSX.Element {
  const { method, side, ratio, hidden, seed } = settings;
  const change = (part: Partial<ExplorerSettings>) => onChange({ ...settings, ...part });
  return (
    <div class="mask-controls">
      <fieldset class="choices">
        <legend>Masking</legend>
        {methods.map((name) => (
          <label key={name}>
            <input
              type="radio"
              name="method"
              checked={name === method}
              onChange={() => change({ method: name })}
            />{' '}
            {names[name]}
          </label>
        ))}
      </fieldset>
      <label>
        Patches{' '}
        <select
          value={side}
          onChange={(event) => onChange(withSide(settings, Number(event.currentTarget.value)))}
        >
          {sides.map((length) => (
            <option key={length} value={length}>
              {length} x {length}
            </option>
          ))}
        </select>
      </label>
      <CellChoice {...{ settings, onChange }} />
      <Share
        name="Dropped"
        value={ratio}
        isUsed={method === 'random'}
        onChange={(value) => change({ ratio: value })}
      />
      <Share
        name="Hidden"
        value={hidden}
        isUsed={method === 'secondary'}
        onChange={(value) => change({ hidden: value })}
      />
      <button type="button" class="primary" onClick={() => change({ seed: seed + 1 })}>
        Draw again
      </button>
      <ImageInput label="Your image" onImage={onPicture} />
    </div>
  );
}

/** Cells that do not tile the grid cannot be chosen. */
function CellChoice({ settings, onChange }: Omit<ControlsProps, 'onPicture'>): JSX.Element {
  const { cell, method } = settings;
  return (
    <label>
      Cell{' '}
      <select
        value={cell.join('x')}
        disabled={method === 'random'}
        onChange={({ currentTarget }) => {
          const chosen = cells.find((known) => known.join('x') === currentTarget.value);
          if (chosen) onChange({ ...settings, cell: chosen });
        }}
      >
        {cells.map((known) => (
          <option key={known.join('x')} disabled={!tiles(gridOf(settings), known)}>
            {known.join('x')}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Cells that do not tile the new grid give way to those of the paper, which always do. */
function withSide(settings: ExplorerSettings, side: number): ExplorerSettings {
  const fits = tiles({ rows: side, columns: side }, settings.cell);
  return { ...settings, side, cell: fits ? settings.cell : [2, 2] };
}

interface ShareProps {
  readonly name: string;
  readonly value: number;
  readonly isUsed: boolean;
  readonly onChange: (value: number) => void;
}

/** Shares that have no use stay in their place: nothing jumps. */
function Share({ name, value, isUsed, onChange }: ShareProps): JSX.Element {
  return (
    <label class="range">
      {name}{' '}
      <input
        type="range"
        min={0}
        max={0.95}
        step={0.05}
        value={value}
        disabled={!isUsed}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
      <output>{Math.round(100 * value)} %</output>
    </label>
  );
}
