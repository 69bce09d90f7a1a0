/**
 * Finds the classes of a set: those written down, those of a file, of the layout, or of the values
 * themselves.
 */
import { basename } from 'node:path';
import { at } from '../../../at.js';
import { DataError } from '../../../errors.js';
import type { Colour } from '../../../images/masks/class-map-file.js';
import { colourOfValue, decodeMask } from '../../../images/masks/mask.js';
import { UnreadableImage } from '../../../images/unreadable-image.js';
import { ImageReader } from '../../sources/read-image.js';
import type { PairedImages } from '../paired-images.js';
import {
  checkAllNamed,
  checkNotBinary,
  checkNotInterpolated,
  coloursUnnamed,
} from '../scan/check-values.js';
import {
  holdsGreyAsColours,
  readablePairs,
  type ScannedSet,
  type Tally,
  tallyValues,
} from '../scan/value-tally.js';
import { findClassFile, readClassFile } from './class-file.js';
import {
  type ClassRules,
  type PixelValue,
  type RuleContext,
  rulesOfFile,
  rulesOfKnown,
  rulesOfValues,
  rulesOfWritten,
  storedValue,
  tableOf,
  type WrittenClasses,
} from './class-rules.js';
import type { ClassTable } from './class-table.js';
import { knownClasses } from './known-classes.js';

/** The classes and ignored values of a recipe; null: those that the data tell. */
export interface WrittenRules {
  readonly classes: WrittenClasses | null;
  readonly ignore: readonly PixelValue[] | null;
}

/** The classes of masks, and where their names are from. */
export interface ResolvedClasses {
  readonly rules: ClassRules;
  readonly table: ClassTable;
  /** The origin of the names, for people. */
  readonly source: string;
  /** Levels stand in three channels. */
  readonly isGrey: boolean;
}

/** The value of masks of 8 bits that is ignored where nothing says otherwise. */
const usuallyIgnored = 255;

/**
 * Decides by the values of all masks of all sets, the first of which is learnt from.
 *
 * @param use.isTrained whether the classes are those of a trained network. Default false
 * @throws DataError of one sentence when a value has no class, or classes have no names
 */
export async function resolveClasses(
  sets: readonly ScannedSet[],
  written: WrittenRules,
  { isTrained = false }: { readonly isTrained?: boolean } = {},
): Promise<ResolvedClasses> {
  const { set } = at(sets, 0);
  const isGrey = holdsGreyAsColours(sets);
  const tallies = tallyValues(sets, isGrey);
  const isColoured = [...tallies.keys()].some((value) => colourOfValue(value) !== undefined);
  const context = { isColoured, palette: await paletteOf(set) };
  const found = namedRules(set, written, context);
  if (found && written.classes === null) checkSameFiles(sets, found.rules, context);
  const ignore = ignoredValues(sets, written, found?.rules);
  checkNotBinary(set.path, tallies, { named: valuesOf(found?.rules), isTrained });
  if (!found) {
    checkNotInterpolated(sets, tallies, undefined);
    if (isColoured) throw coloursUnnamed(set.path, tallies);
  }
  const rules = found
    ? { ...found.rules, ignore }
    : { classes: rulesOfValues(plainValues(tallies, ignore), context), ignore };
  const table = tableOf(rules, isGrey);
  checkNotInterpolated(sets, tallies, table);
  checkAllNamed(set.path, tallies, { rules, table, isTrained });
  checkSeveral(set.path, rules);
  return { rules, table, isGrey, source: found?.source ?? 'the values of the masks' };
}

function namedRules(
  set: PairedImages,
  { classes }: WrittenRules,
  context: RuleContext,
): { rules: ClassRules; source: string } | undefined {
  if (classes !== null) {
    const rules = { classes: rulesOfWritten(classes, context), ignore: [] };
    return { rules, source: 'the recipe' };
  }
  return ownRules(set, context);
}

/** The classes that a set names itself, by a file or by its layout. */
export function ownRules(
  set: PairedImages,
  context: RuleContext,
): { rules: ClassRules; source: string } | undefined {
  const file = findClassFile(set.folders);
  if (file !== undefined) {
    return { rules: rulesOfFile(readClassFile(file), context), source: basename(file) };
  }
  const known = set.known && knownClasses(set.known);
  const rules = known && rulesOfKnown(known, context);
  return rules && { rules, source: known.title };
}

/** @throws DataError when another set has a file with other names */
function checkSameFiles(
  sets: readonly ScannedSet[],
  rules: ClassRules,
  context: RuleContext,
): void {
  const names = rules.classes.map(({ name }) => name);
  for (const { set } of sets.slice(1)) {
    const file = findClassFile(set.folders);
    if (file === undefined) continue;
    const others = rulesOfFile(readClassFile(file), context).classes.map(({ name }) => name);
    const odd = names.find((name, i) => name !== others[i]) ?? others[names.length];
    if (odd === undefined) continue;
    throw new DataError(
      `Expected the ${names.length} classes of ${at(sets, 0).set.path} in ${file} but got others: they differ at \`${odd}\`.`,
    );
  }
}

/** 255, unless it is a class or masks have 16 bits, beside what rules ignore. */
function ignoredValues(
  sets: readonly ScannedSet[],
  { ignore, classes }: WrittenRules,
  rules: ClassRules | undefined,
): readonly PixelValue[] {
  const isDeep = sets.some((scanned) =>
    readablePairs(scanned).some(({ scan }) => scan.maskKind === 'grey-16'),
  );
  if (isDeep && ignore === null && classes === null) {
    throw new DataError(
      `Expected the value to ignore in masks of 16 bits in ${at(sets, 0).set.path} as \`data.ignore\` but got none.\nName it, such as [65535], or [] where every pixel has a class.`,
    );
  }
  const named = valuesOf(rules);
  const values = [...(rules?.ignore ?? []), ...(ignore ?? [])];
  const usual = isDeep || named.has(usuallyIgnored) ? [] : [usuallyIgnored];
  return [...new Set([...values, ...usual])];
}

function valuesOf(rules: ClassRules | undefined): ReadonlySet<number> {
  return new Set(rules?.classes.flatMap(({ masks }) => masks.map(storedValue)));
}

function plainValues(
  tallies: ReadonlyMap<number, Tally>,
  ignore: readonly PixelValue[],
): readonly number[] {
  const ignored = new Set(ignore.map(storedValue));
  return [...tallies.keys()].filter((value) => !ignored.has(value));
}

function checkSeveral(path: string, { classes }: ClassRules): void {
  if (classes.length >= 2) return;
  throw new DataError(
    `Expected at least two classes in the masks of ${path} but got ${classes.length === 1 ? `only \`${at(classes, 0).name}\`` : 'none'}.`,
  );
}

/** Colours of the first mask that can be read; none where it has no palette. */
async function paletteOf(set: PairedImages): Promise<Colour[]> {
  const reader = new ImageReader();
  for (let index = 0; index < set.images.count; index++) {
    try {
      const { palette } = await decodeMask(await reader.read(set.maskOf(index)));
      return Array.from(
        { length: palette.length / 3 },
        (_, i): Colour => [at(palette, 3 * i), at(palette, 3 * i + 1), at(palette, 3 * i + 2)],
      );
    } catch (error) {
      if (!(error instanceof UnreadableImage)) throw error;
    }
  }
  return [];
}
