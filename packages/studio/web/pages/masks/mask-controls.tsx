/** What can be changed: how the mask is drawn, and on what grid. */
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { percent } from '../../format.js';
import {
  cellOf,
  cellRatio,
  cells,
  largestRatio,
  largestSeed,
  type MaskSettings,
  type Method,
  methods,
  unitChoices,
  windowChoices,
} from '../../masks/settings.js';
import { methodNames } from './method-names.js';

interface ControlsProps {
  readonly settings: MaskSettings;
  readonly onChange: (changed: Partial<MaskSettings>) => void;
  /** Told one sentence about what cannot be meant. */
  readonly onProblem: (sentence: string) => void;
}

const meanings: Readonly<Record<Method, string>> = {
  random: 'any units (MAE)',
  uniform: 'one unit of every cell',
  secondary: 'and some of those hidden (UM-MAE)',
};

export function MaskControls({ settings, onChange, onProblem }: ControlsProps): JSX.Element {
  const { method, ratio, cell, secondary, units, window, seed } = settings;
  return (
    <div class="mask-controls">
      <fieldset class="mask-methods">
        <legend>Which units are kept</legend>
        {methods.map((name) => (
          <label key={name}>
            <input
              type="radio"
              name="method"
              checked={name === method}
              onChange={() => onChange({ method: name })}
            />
            <span>
              {methodNames[name]} <small>{meanings[name]}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <Setting name="Random: share dropped" shown={percent(ratio, 0)}>
        {(id) => (
          <Slider
            id={id}
            value={ratio}
            to={largestRatio}
            onChange={(ratio) => onChange({ ratio })}
          />
        )}
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
          <Slider
            id={id}
            value={secondary}
            to={largestRatio}
            onChange={(secondary) => onChange({ secondary })}
          />
        )}
      </Setting>
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
            among={windowChoices(units, cell)}
            onChange={(window) => onChange({ window })}
          />
        )}
      </Setting>
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

interface SettingProps {
  readonly name: string;
  /** Its value, where the control does not tell it. */
  readonly shown?: string;
  /** The control, which takes the identifier that its label names. */
  readonly children: (id: string) => JSX.Element;
}

function Setting({ name, shown, children }: SettingProps): JSX.Element {
  const id = useId();
  return (
    <div class="mask-setting">
      <div>
        <label for={id}>{name}</label>
        {shown !== undefined && <output for={id}>{shown}</output>}
      </div>
      {children(id)}
    </div>
  );
}

interface SeedInputProps {
  readonly id: string;
  readonly seed: number;
  readonly onChange: (seed: number) => void;
  readonly onProblem: (sentence: string) => void;
}

/** What cannot be a seed is left alone while it is typed, and forgotten afterwards. */
function SeedInput({ id, seed, onChange, onProblem }: SeedInputProps): JSX.Element {
  return (
    <input
      id={id}
      type="number"
      min={0}
      max={largestSeed}
      value={seed}
      onInput={({ currentTarget: { value, validity } }) => {
        if (value !== '' && validity.valid) return onChange(Number(value));
        const got = value === '' ? 'nothing' : value.slice(0, 20);
        onProblem(`Expected a whole number of 0 to ${largestSeed} for the seed but got ${got}.`);
      }}
      onBlur={({ currentTarget }) => {
        currentTarget.value = String(seed);
      }}
    />
  );
}

interface SliderProps {
  readonly id: string;
  readonly value: number;
  readonly to: number;
  readonly onChange: (value: number) => void;
}

function Slider({ id, value, to, onChange }: SliderProps): JSX.Element {
  return (
    <input
      id={id}
      type="range"
      min={0}
      max={to}
      step={0.01}
      value={value}
      aria-valuetext={percent(value, 0)}
      onInput={({ currentTarget }) => onChange(Number(currentTarget.value))}
    />
  );
}

interface ChoiceProps {
  readonly id: string;
  readonly value: number;
  /** From small to large. */
  readonly among: readonly number[];
  readonly onChange: (value: number) => void;
}

/** A slider over numbers that are not equally far apart. */
function Choice({ id, value, among, onChange }: ChoiceProps): JSX.Element {
  return (
    <input
      id={id}
      type="range"
      min={0}
      max={among.length - 1}
      value={among.indexOf(value)}
      aria-valuetext={String(value)}
      disabled={among.length === 1}
      onInput={({ currentTarget }) => onChange(among[Number(currentTarget.value)] ?? value)}
    />
  );
}
