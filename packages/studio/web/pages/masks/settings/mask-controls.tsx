/** The controls of the mask: method, ratio, cell, grid, seed. */
import type { JSX } from 'preact';
import { percent } from '../../../format.js';
import {
  cellOf,
  cellRatio,
  cells,
  largestSeed,
  type MaskSettings,
  type Method,
  methodNames,
  methods,
  unitChoices,
  windowChoices,
} from '../../../masks/settings.js';
import { Choice, SeedInput, Setting, Share } from './setting-inputs.js';

interface PartProps {
  readonly settings: MaskSettings;
  readonly onChange: (changed: Partial<MaskSettings>) => void;
}

interface ControlsProps extends PartProps {
  /** Called with one sentence about an invalid value. */
  readonly onProblem: (sentence: string) => void;
}

export function MaskControls({ settings, onChange, onProblem }: ControlsProps): JSX.Element {
  const { seed } = settings;
  return (
    <div class="mask-controls">
      <Methods settings={settings} onChange={onChange} />
      <Sampling settings={settings} onChange={onChange} />
      <Sizes settings={settings} onChange={onChange} />
      <div class="mask-seed">
        <Setting name="Seed">
          {(id) => (
            <SeedInput
              id={id}
              seed={seed}
              onChange={(seed) => onChange({ seed })}
              onProblem={onProblem}
            />
          )}
        </Setting>
        <button
          type="button"
          class="primary"
          onClick={() => onChange({ seed: seed < largestSeed ? seed + 1 : 0 })}
        >
          Draw again
        </button>
      </div>
    </div>
  );
}

const meanings: Readonly<Record<Method, string>> = {
  random: 'any units (MAE)',
  uniform: 'one unit of every cell',
  secondary: 'and some of those hidden (UM-MAE)',
};

function Methods({ settings, onChange }: PartProps): JSX.Element {
  return (
    <fieldset class="mask-methods">
      <legend>Which units are kept</legend>
      {methods.map((name) => (
        <label key={name}>
          <input
            type="radio"
            name="method"
            checked={name === settings.method}
            onChange={() => onChange({ method: name })}
          />
          <span>
            {methodNames[name]} <small>{meanings[name]}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** Shows the controls of every method, because the comparisons below show all methods. */
function Sampling({ settings: { ratio, cell, secondary }, onChange }: PartProps): JSX.Element {
  return (
    <>
      <Setting name="Random: share dropped" shown={percent(ratio, 0)}>
        {(id) => <Share id={id} value={ratio} onChange={(ratio) => onChange({ ratio })} />}
      </Setting>
      <Setting name="Uniform: cell">
        {(id) => (
          <select
            id={id}
            value={cell}
            onChange={({ currentTarget: { value } }) => {
              const chosen = cells.find((name) => name === value) ?? cell;
              onChange({ cell: chosen, ratio: cellRatio(chosen) });
            }}
          >
            {cells.map((name) => (
              <option key={name} value={name}>
                {cellOf(name).join(' × ')}, keeps 1 of {cellOf(name)[0] * cellOf(name)[1]}
              </option>
            ))}
          </select>
        )}
      </Setting>
      <Setting name="Secondary: share of those hidden" shown={percent(secondary, 0)}>
        {(id) => (
          <Share id={id} value={secondary} onChange={(secondary) => onChange({ secondary })} />
        )}
      </Setting>
    </>
  );
}

function Sizes({ settings: { units, cell, window }, onChange }: PartProps): JSX.Element {
  const windows = windowChoices(units, cell);
  return (
    <>
      <Setting name="Units per side" shown={`${units} (${16 * units} px)`}>
        {(id) => (
          <Choice
            id={id}
            value={units}
            among={unitChoices(cell)}
            onChange={(units) => onChange({ units })}
          />
        )}
      </Setting>
      <Setting name="Window of attention" shown={`${window} × ${window} tokens`}>
        {(id) => (
          <Choice
            id={id}
            value={window}
            among={windows}
            onChange={(window) => onChange({ window })}
          />
        )}
      </Setting>
    </>
  );
}
