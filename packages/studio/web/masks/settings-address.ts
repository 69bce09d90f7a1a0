/**
 * Settings in the address, so that a view can be shared: only those that differ from the plain
 * ones.
 */
import {
  cellRatio,
  cells,
  fitted,
  largestRatio,
  largestSeed,
  type MaskSettings,
  methods,
  plainSettings,
  unitChoices,
  windowChoices,
} from './settings.js';

export interface ReadSettings {
  readonly settings: MaskSettings;
  /** The first thing in the address that cannot be meant: a sentence. */
  readonly problem: string | undefined;
}

type Key = keyof MaskSettings;

/**
 * Reads settings from an address. An invalid value is replaced by its default, and other names are
 * ignored.
 */
export function readSettings(query: URLSearchParams): ReadSettings {
  const problems: string[] = [];
  const reject = (key: Key, expected: string, shown: string | number) => {
    const got = (query.get(key) ?? '').slice(0, 20);
    const what = `Expected ${expected} for “${key}” in the address but got “${got}”`;
    problems.push(`${what}; ${shown} is shown.`);
  };
  const word = <T extends string>(key: Key, words: readonly T[], plain: T): T => {
    const found = words.find((name) => name === query.get(key));
    if (found === undefined && query.has(key)) reject(key, `one of ${words.join(', ')}`, plain);
    return found ?? plain;
  };
  const number = (key: Key, [low, high]: readonly [number, number], plain: number): number => {
    const text = query.get(key);
    if (text === null) return plain;
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const isWhole = key === 'ratio' || key === 'secondary' || Number.isInteger(value);
    if (isWhole && value >= low && value <= high) return value;
    reject(key, `a number of ${low} to ${high}`, plain);
    return plain;
  };
  const cell = word('cell', cells, plainSettings.cell);
  const requested: MaskSettings = {
    method: word('method', methods, plainSettings.method),
    cell,
    ratio: number('ratio', [0, largestRatio], cellRatio(cell)),
    secondary: number('secondary', [0, largestRatio], plainSettings.secondary),
    units: number('units', [8, 32], plainSettings.units),
    window: number('window', [1, 32], plainSettings.window),
    seed: number('seed', [0, largestSeed], plainSettings.seed),
  };
  const settings = fitted(requested);
  const { units } = settings;
  if (query.has('units') && units !== requested.units)
    reject('units', `one of ${unitChoices(cell).join(', ')}`, units);
  else if (query.has('window') && settings.window !== requested.window)
    reject('window', `one of ${windowChoices(units, cell).join(', ')}`, settings.window);
  return { settings, problem: problems[0] };
}

/** Writes settings for `readSettings`. Default settings give an empty text. */
export function writeSettings(settings: MaskSettings): string {
  const plain = new Map(
    Object.entries({ ...plainSettings, ratio: cellRatio(settings.cell) } satisfies MaskSettings),
  );
  const changed = Object.entries(settings)
    .filter(([key, value]) => value !== plain.get(key))
    .sort(([a], [b]) => a.localeCompare(b));
  return new URLSearchParams(changed.map(([key, value]) => [key, String(value)])).toString();
}
