/** A setting with its label, and the inputs that settings have. */
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { percent } from '../../../format.js';
import { largestRatio, largestSeed } from '../../../masks/settings.js';

interface SettingProps {
  readonly name: string;
  /** The value of the setting, where the control does not show it. */
  readonly shown?: string;
  /** The control, which takes the identifier that its label names. */
  readonly children: (id: string) => JSX.Element;
}

export function Setting({ name, shown, children }: SettingProps): JSX.Element {
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

/** An input for the seed. An invalid text stays while it is typed, and is dropped afterwards. */
export function SeedInput({ id, seed, onChange, onProblem }: SeedInputProps): JSX.Element {
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

interface ShareProps {
  readonly id: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

/** A slider from none to nearly all. */
export function Share({ id, value, onChange }: ShareProps): JSX.Element {
  return (
    <input
      id={id}
      type="range"
      min={0}
      max={largestRatio}
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
  /** The values to choose from, from small to large. */
  readonly among: readonly number[];
  readonly onChange: (value: number) => void;
}

/** A slider over numbers that are not equally far apart. */
export function Choice({ id, value, among, onChange }: ChoiceProps): JSX.Element {
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
