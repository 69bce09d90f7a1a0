/**
 * The classes of images as their source writes them, and as several sources write them together.
 */
import { at } from '../../at.js';
import type { Remarks } from '../sources/remarks.js';
import type { Targets } from '../targets.js';
import { sameName, wholeNumber } from './label-text.js';

/** Labels as one source writes them. */
export interface SourceLabels {
  /** Place in `words` of the label of an image. */
  readonly wordOf: Targets<number>;
  /** Labels that the source may give, each once. */
  readonly words: readonly string[];
  /**
   * `names`: the words are names whatever they look like, as those of folders. `declared`: they are
   * the names of numbers, in a list that the source gives. `written`: they are what is written,
   * numbers perhaps.
   */
  readonly kind: 'names' | 'declared' | 'written';
}

/** The classes of images, numbered. */
export interface ClassLabels {
  readonly labelOf: Targets<number>;
  /**
   * Names of the classes, in the order of their numbers; none when there are no classes, or only
   * numbers.
   */
  readonly classes: readonly string[];
  /** Whether the names stand in a list that the source gives for its numbers. */
  readonly isDeclared: boolean;
  /** Numbers as they are written, such as `01`; where there are names, none. */
  readonly written?: ReadonlyMap<number, string>;
}

/** The labels of images of which nothing is known. */
export const noLabels: SourceLabels = { wordOf: () => undefined, words: [], kind: 'written' };

/**
 * Returns labels that are written beside images.
 *
 * @param labels one for each image, undefined where there is none
 */
export function writtenLabels(labels: readonly (string | undefined)[]): SourceLabels {
  return { ...collectWords(labels), kind: 'written' };
}

/**
 * Returns labels that are names whatever they look like, such as those of folders, in the order of
 * their text.
 */
export function nameLabels(labels: readonly (string | undefined)[]): SourceLabels {
  return { ...collectWords(labels), kind: 'names' };
}

function collectWords(labels: readonly (string | undefined)[]) {
  const known = labels.filter((label) => label !== undefined);
  const words = [...new Set(known.map(sameName))].sort();
  const places = new Map(words.map((word, place) => [word, place]));
  const numbers = Int32Array.from(labels, (label) =>
    label === undefined ? -1 : (places.get(sameName(label)) ?? -1),
  );
  const wordOf = (index: number) => {
    const place = at(numbers, index);
    return place < 0 ? undefined : place;
  };
  return { words, wordOf };
}

/**
 * Returns labels by the names that stand beside them in a list: numbers are places in it. Words
 * that all stand in it take its order; others stay as they are. A number beyond the list is none,
 * with a remark.
 *
 * @param where the source, for the remark
 */
export function withDeclaredNames(
  labels: SourceLabels,
  names: readonly string[],
  { where, remarks }: { readonly where: string; readonly remarks: Remarks },
): SourceLabels {
  if (labels.words.length === 0 || names.length === 0) return labels;
  const places = new Map(names.map((name, place) => [sameName(name), place]));
  const listed = labels.words.map((word) => places.get(sameName(word)));
  const areFloats =
    listed.includes(undefined) && labels.words.every((word) => wholeFloat.test(word));
  const numbers = labels.words.map(areFloats ? Number : wholeNumber);
  const areNumbers = !numbers.includes(undefined);
  const found = areNumbers ? numbers : listed;
  if (found.includes(undefined)) return labels;
  const inside = found.map((place) => (place !== undefined && place < names.length ? place : -1));
  for (const [word, place] of inside.entries()) {
    if (place >= 0) continue;
    const what = `numbers beyond the ${names.length} names that the source gives, taken for no class`;
    remarks.addOnClasses(what, `${labels.words[word]} in ${where}`);
  }
  const wordOf = (index: number) => {
    const word = labels.wordOf(index);
    const place = word === undefined ? -1 : at(inside, word);
    return place < 0 ? undefined : place;
  };
  return { words: names.map(sameName), wordOf, kind: 'declared' };
}

/** A whole number as programs of floats write it: `3.0`. */
const wholeFloat = /^\d{1,9}(\.0+)?$/;

/**
 * Returns labels whose numbers are written as `3` where all that is written in all sources is whole
 * numbers, some of them as `3.0`; else the same labels.
 */
export function withWholeNumbers(sources: readonly CountedLabels[]): readonly CountedLabels[] {
  const written = sources.filter(({ labels }) => labels.kind === 'written');
  const words = written.flatMap(({ labels }) => labels.words);
  if (!words.some((word) => word.includes('.'))) return sources;
  if (!words.every((word) => wholeFloat.test(word))) return sources;
  return sources.map(({ labels, count }) => ({
    labels: labels.kind === 'written' ? renamedWords(labels, (word) => `${Number(word)}`) : labels,
    count,
  }));
}

/** Labels by other words, several of which may become one. */
function renamedWords(labels: SourceLabels, rename: (word: string) => string): SourceLabels {
  const renamed = labels.words.map(rename);
  const words = [...new Set(renamed)];
  const places = new Map(words.map((word, place) => [word, place]));
  const wordOf = (index: number) => {
    const word = labels.wordOf(index);
    return word === undefined ? undefined : places.get(at(renamed, word));
  };
  return { wordOf, words, kind: labels.kind };
}

/** The labels of one source, and how many images it has. */
export interface CountedLabels {
  readonly labels: SourceLabels;
  readonly count: number;
}

/**
 * Returns the classes of all sources together, matched by name. Names stand in the order that the
 * sources give, if they give one, else in that of their text; numbers alone stay numbers. Beside
 * names, a number that is none is no class, with a remark.
 */
export function joinLabels(sources: readonly CountedLabels[], remarks: Remarks): ClassLabels {
  const labelled = sources.map(({ labels }) => labels).filter(({ words }) => words.length > 0);
  if (labelled.length === 0) return { labelOf: () => undefined, classes: [], isDeclared: false };
  const words = labelled.flatMap((labels) => labels.words);
  const numbers = labelled.every(({ kind }) => kind === 'written') ? numbersOf(words) : undefined;
  if (numbers) {
    const labelOf = labelIn(sources, (word) => Number(word));
    return { labelOf, classes: [], isDeclared: false, written: numbers };
  }
  const [first, ...others] = labelled;
  const declared =
    first?.kind === 'declared' && others.every((labels) => isEqual(labels.words, first.words));
  const classes = declared ? first.words : namesOf(labelled, remarks);
  const places = new Map(classes.map((name, place) => [name, place]));
  return { labelOf: labelIn(sources, (word) => places.get(word)), classes, isDeclared: declared };
}

/**
 * Returns words by the numbers that they are; undefined where one is none, or two are the same, as
 * `1` and `01`.
 */
function numbersOf(words: readonly string[]): Map<number, string> | undefined {
  const numbers = new Map<number, string>();
  for (const word of words) {
    const number = wholeNumber(word);
    if (number === undefined || (numbers.get(number) ?? word) !== word) return undefined;
    numbers.set(number, word);
  }
  return numbers;
}

function isNumber(word: string): boolean {
  return wholeNumber(word) !== undefined;
}

function isEqual(words: readonly string[], others: readonly string[]): boolean {
  return words.length === others.length && words.every((word, place) => word === others[place]);
}

/** Returns the names of all sources in the order of their text. */
function namesOf(labelled: readonly SourceLabels[], remarks: Remarks): string[] {
  const areNumbers = ({ kind, words }: SourceLabels) => kind === 'written' && words.every(isNumber);
  const named = labelled.filter((labels) => !areNumbers(labels));
  // Beside words that are written, a number that is written is a word too.
  if (named.every(({ kind }) => kind === 'written')) return union(labelled);
  const names = new Set(union(named));
  for (const word of union(labelled.filter(areNumbers))) {
    if (names.has(word)) continue;
    const what = 'numbers beside the names of other sources, taken for no class';
    remarks.addOnClasses(what, word);
  }
  return [...names];
}

function union(labelled: readonly SourceLabels[]): string[] {
  return [...new Set(labelled.flatMap(({ words }) => words))].sort();
}

/** The number of an image's class, whichever source it is of. */
function labelIn(
  sources: readonly CountedLabels[],
  numberOf: (word: string) => number | undefined,
): Targets<number> {
  const numbers = sources.map(({ labels }) => labels.words.map(numberOf));
  const starts = [0];
  for (const { count } of sources) starts.push(at(starts, -1) + count);
  return (index) => {
    const place = sourceAt(starts, index);
    const source = sources[place];
    const word = source?.labels.wordOf(index - at(starts, place));
    return word === undefined ? undefined : numbers[place]?.[word];
  };
}

/** Returns the place of the last start that is not beyond `index`. */
export function sourceAt(starts: readonly number[], index: number): number {
  let [low, high] = [0, starts.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at(starts, middle) <= index) low = middle;
    else high = middle;
  }
  return low;
}
