/** The settings of a sweep: every combination of the values that are swept, for every seed. */
import { RecipeError } from '../errors.js';
import { type Assignment, parseAssignment } from '../recipes/values/assignments.js';

/** A value of the recipe, and the alternatives that a sweep tries. */
export interface Axis {
  /** Dotted path. */
  readonly path: string;
  /** The alternatives as they are written, in YAML. */
  readonly texts: readonly string[];
}

/** One run of a sweep. */
export interface Setting {
  /** The name of its folder, of the values in which settings differ. */
  readonly name: string;
  /** All values, as `--set` takes them. */
  readonly texts: readonly string[];
  readonly assignments: readonly Assignment[];
  /** The values in which settings differ, apart from the seed: as written, by their paths. */
  readonly varied: Readonly<Record<string, string>>;
  /** Null where the recipe decides. */
  readonly seed: number | null;
}

/**
 * Reads `path=value,value,...`. Commas inside brackets, braces and quotes belong to a value:
 * `backbone.heads=[1,2],[2,4]` has two alternatives.
 *
 * @throws RecipeError when an alternative is no value
 */
export function parseAxis(text: string): Axis {
  const equals = text.indexOf('=');
  const { path } = parseAssignment(equals < 0 ? text : text.slice(0, equals + 1));
  const texts = alternatives(text.slice(equals + 1));
  for (const value of texts) parseAssignment(`${path}=${value}`);
  const twice = texts.find((value, i) => texts.indexOf(value) < i);
  if (twice !== undefined) {
    const message = `Expected each value of \`${path}\` once but got \`${twice}\` twice.`;
    throw new RecipeError([{ path, message }]);
  }
  return { path, texts };
}

function alternatives(text: string): string[] {
  const parts = [''];
  let [depth, quote] = [0, ''];
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if ('[{'.includes(character)) depth++;
    else if (']}'.includes(character)) depth--;
    if (character === ',' && depth === 0 && quote === '') parts.push('');
    else parts.push((parts.pop() ?? '') + character);
  }
  return parts.map((part) => part.trim());
}

/**
 * Lists the runs: the last axis changes fastest, and the seed faster still.
 *
 * @throws RecipeError when an axis is there twice, or names the seed beside `seeds`
 */
export function settingsOf(axes: readonly Axis[], seeds: readonly number[]): Setting[] {
  checkPaths(axes, seeds);
  const varied = axes.filter(({ texts }) => texts.length > 1);
  const combinations = axes.reduce<(readonly Choice[])[]>(
    (all, { path, texts }) => all.flatMap((one) => texts.map((text) => [...one, { path, text }])),
    [[]],
  );
  const settings = combinations.flatMap((choices) => {
    const own = choices.filter(({ path }) => varied.some((axis) => axis.path === path));
    return (seeds.length > 0 ? seeds : [null]).map((seed): Setting => {
      const ofSeed = seed === null ? [] : [{ path: 'seed', text: `${seed}` }];
      const texts = [...choices, ...ofSeed].map(({ path, text }) => `${path}=${text}`);
      const named = seeds.length > 1 || own.length === 0 ? [...own, ...ofSeed] : own;
      return {
        name: nameOf(named, varied),
        texts,
        assignments: texts.map(parseAssignment),
        varied: Object.fromEntries(own.map(({ path, text }) => [path, text])),
        seed,
      };
    });
  });
  return withDistinctNames(settings);
}

interface Choice {
  readonly path: string;
  readonly text: string;
}

function checkPaths(axes: readonly Axis[], seeds: readonly number[]): void {
  const paths = [...axes.map(({ path }) => path), ...(seeds.length > 0 ? ['seed'] : [])];
  const path = paths.find((each, i) => paths.indexOf(each) < i);
  if (path === undefined) return;
  const message = `Expected all values of \`${path}\` at one place but got it twice.`;
  throw new RecipeError([{ path, message }]);
}

/** Names a folder by the last parts of paths, or by whole paths where those are the same. */
function nameOf(choices: readonly Choice[], axes: readonly Axis[]): string {
  const last = (path: string) => path.split('.').at(-1) ?? path;
  const short = (path: string) => {
    const alike = axes.filter((axis) => last(axis.path) === last(path));
    return alike.length > 1 ? path : last(path);
  };
  const parts = choices.map(({ path, text }) => `${short(path)}-${safe(text)}`);
  return parts.join('_') || 'run';
}

/** Keeps what any file system, and a shell without quotes, takes. */
function safe(text: string): string {
  return text.replace(/[^\w.+-]+/g, '-').replace(/^-+|-+$/g, '') || 'empty';
}

function withDistinctNames(settings: readonly Setting[]): Setting[] {
  return settings.map((setting, i) => {
    const before = settings.slice(0, i).filter(({ name }) => name === setting.name).length;
    return before === 0 ? setting : { ...setting, name: `${setting.name}-${before + 1}` };
  });
}
