/** Refuses masks with values that no class explains, and tells the likeliest reason. */
import { basename } from 'node:path';
import { at } from '../../../at.js';
import { DataError } from '../../../errors.js';
import { colourOfValue } from '../../../images/masks/mask.js';
import { type ClassRules, storedValue, writtenValue } from '../classes/class-rules.js';
import { type ClassTable, nameOfValue } from '../classes/class-table.js';
import { readablePairs, type ScannedSet, type Tally } from './value-tally.js';

type Tallies = ReadonlyMap<number, Tally>;

/** Values below this share of all pixels are rare. */
const rareShare = 1e-3;

/** The advice where classes are those of a trained network, and cannot be added to. */
const trainedAdvice =
  'Name such values in classes.txt beside the masks, by lines `VALUE NAME`: as classes of the run, or as void. Or leave the masks out by --exclude.';

/**
 * Masks of 0 and 255, as many programs write two classes, would be all background.
 *
 * @throws DataError when 255 is not named
 */
export function checkNotBinary(
  path: string,
  tallies: Tallies,
  { named, isTrained }: { readonly named: ReadonlySet<number>; readonly isTrained: boolean },
): void {
  if (tallies.size !== 2 || !tallies.has(0) || !tallies.has(255) || named.has(255)) return;
  throw new DataError(
    `Expected classes in the masks of ${path} but got only 0 and 255, and 255 means "ignore".\n` +
      (isTrained ? trainedAdvice : 'Name it: `data.classes: {background: 0, object: 255}`.'),
  );
}

/** @throws DataError when masks hold what only interpolation or compression makes */
export function checkNotInterpolated(
  sets: readonly ScannedSet[],
  tallies: Tallies,
  table: ClassTable | undefined,
): void {
  const path = at(sets, 0).set.path;
  const unnamed = [...tallies].filter(([value]) => !table?.has(value));
  const total = [...tallies.values()].reduce((sum, { pixels }) => sum + pixels, 0);
  const rare = unnamed.filter(([, { pixels }]) => pixels < rareShare * total);
  const coloured = unnamed.filter(([value]) => colourOfValue(value) !== undefined);
  const isTooMany = sets.some((scanned) => readablePairs(scanned).some(({ scan }) => scan.hasMore));
  // Of two classes that are blended, all between them is rare.
  const isBlend = table
    ? rare.length === unnamed.length && unnamed.length >= 8
    : rare.length > 32 && 4 * (tallies.size - rare.length) < rare.length;
  if (!isTooMany && coloured.length <= 64 && !isBlend) return;
  const kind = coloured.length > 0 ? 'colours' : 'values';
  const first = unnamed[0]?.[1].first;
  const where = first ? ` (first: ${basename(first.mask)})` : '';
  throw new DataError(
    `Expected masks of few classes in ${path} but got ${isTooMany ? 'more than 1000' : unnamed.length} ${kind} without a class${where}: it looks interpolated or compressed.\n` +
      'Save masks as PNG, and resize them with nearest neighbour.',
  );
}

/** @throws DataError naming values that are neither of a class nor ignored */
export function checkAllNamed(
  path: string,
  tallies: Tallies,
  { rules, table, isTrained }: NamedValues,
): void {
  const unnamed = [...tallies].filter(([value]) => !table.has(value));
  if (unnamed.length === 0) return;
  const shown = unnamed.slice(0, 3).map(([value, tally]) => describe(value, tally, rules));
  const more = unnamed.length > 3 ? ` and ${unnamed.length - 3} more` : '';
  const it = unnamed.length === 1 ? 'it' : 'them';
  throw new DataError(
    `Expected ${namedValues(rules)} in the masks of ${path} but got ${shown.join(', ')}${more}.\n` +
      (isTrained ? trainedAdvice : `Add ${it} to data.classes or to data.ignore.`),
  );
}

/** The meanings of values, and whether a trained network has given them. */
interface NamedValues {
  readonly rules: ClassRules;
  readonly table: ClassTable;
  readonly isTrained: boolean;
}

function describe(value: number, { masks, pixels, first }: Tally, rules: ClassRules): string {
  const nearest = nearestColour(value, rules);
  const near = nearest ? `; the nearest is ${nearest.colour}, ${nearest.name}` : '';
  const count = masks === 1 ? 'a mask' : `${masks} masks`;
  const where = `first: ${basename(first.mask)}, ${first.pixels} pixels`;
  const all = masks === 1 ? '' : `, ${pixels} in all`;
  return `${nameOfValue(value)} in ${count} (${where}${all}${near})`;
}

function namedValues({ classes }: ClassRules): string {
  const values = classes.flatMap(({ masks }) => masks.map(storedValue)).sort((a, b) => a - b);
  const [first = 0] = values;
  const last = values.at(-1) ?? first;
  if (colourOfValue(first) !== undefined) return `the ${values.length} colours of classes`;
  const isWhole = last - first === values.length - 1;
  return isWhole ? `the values ${first} to ${last}` : `the ${values.length} values of classes`;
}

function nearestColour(
  value: number,
  { classes }: ClassRules,
): { colour: string; name: string } | undefined {
  const colour = colourOfValue(value);
  if (colour === undefined) return undefined;
  const named = classes.flatMap(({ name, masks }) =>
    masks.flatMap((mask) => (typeof mask === 'string' ? [{ name, colour: mask }] : [])),
  );
  const far = (other: string) => distance(colour, Number.parseInt(other.slice(1), 16));
  return named.sort((a, b) => far(a.colour) - far(b.colour))[0];
}

function distance(one: number, other: number): number {
  const levels = (colour: number) => [colour >> 16, (colour >> 8) & 255, colour & 255];
  const others = levels(other);
  return levels(one).reduce((sum, level, i) => sum + (level - at(others, i)) ** 2, 0);
}

/** A sentence for masks of colours that nothing names. */
export function coloursUnnamed(path: string, tallies: Tallies): DataError {
  const total = [...tallies.values()].reduce((sum, { pixels }) => sum + pixels, 0);
  const shown = [...tallies]
    .sort(([, a], [, b]) => b.pixels - a.pixels)
    .slice(0, 5)
    .map(
      ([value, { pixels }]) => `${writtenValue(value)} ${((100 * pixels) / total).toFixed(1)} %`,
    );
  return new DataError(
    `Expected the colours of classes for the masks of ${path} but got none, and masks of ${tallies.size} colours (${shown.join(', ')}).\n` +
      'Name them in data.classes, or in classes.txt beside the masks: um-mae data check --suggest-classes writes it.',
  );
}
