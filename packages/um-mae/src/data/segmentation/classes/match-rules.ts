/**
 * Classes of a trained network in a set that names its own classes: they are matched by name, and
 * by the values of masks where nothing names them.
 */
import { DataError } from '../../../errors.js';
import { colourOfValue } from '../../../images/masks/mask.js';
import { sameName } from '../../labels/label-text.js';
import type { Remark } from '../../sources/remarks.js';
import { holdsGreyAsColours, type ScannedSet, tallyValues } from '../scan/value-tally.js';
import { type ClassRule, type PixelValue, storedValue, writtenValue } from './class-rules.js';
import { ownRules, type WrittenRules } from './resolve-classes.js';

/** The names that values have where nothing names them. */
const unnamed = /^class \d+$/;
const kept = 5;

/** Rules for one set, and notes on how they were found. */
export interface MatchedRules {
  readonly rules: WrittenRules;
  readonly remarks: readonly Remark[];
}

/**
 * Finds the values of masks that mean the classes of a network.
 *
 * @param run the complete rules of the network; others are returned as they are
 * @throws DataError when a name and a value tell two classes, and some names are unknown
 */
export function matchRules(scanned: ScannedSet, run: WrittenRules): MatchedRules {
  const { classes } = run;
  if (!isComplete(classes) || classes.every(({ name }) => unnamed.test(name))) {
    return { rules: run, remarks: [] };
  }
  const own = ownRules(scanned.set, { isColoured: isColoured(scanned), palette: [] });
  const names = classes.map(({ name }) => name);
  if (!own) {
    const what = 'classes without a name beside the masks, known by their values';
    return { rules: run, remarks: remark(what, names) };
  }
  const { source } = own;
  const values = new Map(own.rules.classes.map(({ name, masks }) => [sameName(name), masks]));
  const moved = movedClasses(classes, values);
  const known = new Set(names.map(sameName));
  const unknown = own.rules.classes.find(({ name }) => !known.has(sameName(name)));
  const [first] = moved;
  if (first && unknown) throw twoMeanings(first, { unknown: unknown.name, source, scanned });
  const odd = names.filter((name) => !values.has(sameName(name)));
  return {
    rules: mergedRules(run, classes, { values, ignore: own.rules.ignore }),
    remarks: [
      ...remark(`classes of the run that have other names in ${source}`, unknown ? odd : []),
      ...remark(
        `values of masks, read by their names in ${source} and not as in the run`,
        moved.map(({ value, name, other }) => `${value} = ${name}, once ${other}`),
      ),
    ],
  };
}

function isComplete(classes: WrittenRules['classes']): classes is readonly ClassRule[] {
  return Array.isArray(classes);
}

function isColoured(scanned: ScannedSet): boolean {
  const values = tallyValues([scanned], holdsGreyAsColours([scanned])).keys();
  return [...values].some((value) => colourOfValue(value) !== undefined);
}

type ValuesByName = ReadonlyMap<string, readonly PixelValue[]>;

/** A value that means one class by the names of a set, and another one in the run. */
interface MovedValue {
  readonly value: PixelValue;
  readonly name: string;
  readonly other: string;
}

function movedClasses(classes: readonly ClassRule[], values: ValuesByName): MovedValue[] {
  const owners = new Map(
    classes.flatMap(({ name, masks }) => masks.map((value) => [storedValue(value), name] as const)),
  );
  return classes.flatMap(({ name }) =>
    (values.get(sameName(name)) ?? []).flatMap((value) => {
      const other = owners.get(storedValue(value));
      return other === undefined || other === name ? [] : [{ value, name, other }];
    }),
  );
}

/** The run's values, but for those that the set gives to another class or to none. */
function mergedRules(
  run: WrittenRules,
  classes: readonly ClassRule[],
  own: { readonly values: ValuesByName; readonly ignore: readonly PixelValue[] },
): WrittenRules {
  const known = classes.map(({ name }) => own.values.get(sameName(name)) ?? []);
  const taken = new Set(known.flat().map(storedValue));
  const merged = classes.map((rule, i) => {
    const left = rule.masks.filter((value) => !taken.has(storedValue(value)));
    const masks = new Set([...left, ...(known[i] ?? [])].map(storedValue));
    return { ...rule, masks: [...masks].map(writtenValue) };
  });
  const used = new Set(merged.flatMap(({ masks }) => masks.map(storedValue)));
  const ignored = [...(run.ignore ?? []), ...own.ignore].map(storedValue);
  const ignore = [...new Set(ignored)].filter((value) => !used.has(value)).map(writtenValue);
  return { classes: merged, ignore: run.ignore === null && ignore.length === 0 ? null : ignore };
}

interface Found {
  readonly unknown: string;
  readonly source: string;
  readonly scanned: ScannedSet;
}

function twoMeanings(
  { value, name, other }: MovedValue,
  { unknown, source, scanned: { set } }: Found,
): DataError {
  return new DataError(
    `Expected one meaning of ${value} in the masks of ${set.path} but got \`${name}\` by ${source}, and \`${other}\` by the run, which does not know its \`${unknown}\`.\n` +
      'Name the values in classes.txt beside the masks by classes of the run, or by void.',
  );
}

function remark(what: string, names: readonly string[]): Remark[] {
  return names.length === 0 ? [] : [{ what, count: names.length, examples: names.slice(0, kept) }];
}
