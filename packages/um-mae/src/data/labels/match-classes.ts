/**
 * Labels of one source as numbers of the classes of a job: by name, and numbers by what they can
 * mean only.
 */
import { basename, dirname } from 'node:path';
import { at } from '../../at.js';
import { DataError } from '../../errors.js';
import { readableName } from '../../files/file-names.js';
import { type ImageLocation, type ImageSet, nameOf } from '../sources/image-set.js';
import { listed, sameName, wholeNumber } from './label-text.js';
import type { ClassLabels } from './source-labels.js';

/** Images with what their source says of their classes. */
export interface LabelledSource extends ClassLabels {
  readonly images: ImageSet;
  /** The path that a user gave. */
  readonly path: string;
}

/** The classes of a job. */
export interface JobClasses {
  /** Names in the order of the numbers that they are to have. */
  readonly names: readonly string[];
  /** Whether the order is the one that a user gave, so that numbers are places in it. */
  readonly isTold: boolean;
}

/** Numbers of classes, and how numbers of a source were read, where they were. */
export interface MatchedLabels {
  readonly labels: Int32Array;
  /** The class that each number of the source was taken for; none where the source has names. */
  readonly readings: readonly string[];
}

/**
 * Returns the class of every image as a number of the job.
 *
 * @throws DataError when an image is of no class, or numbers can mean two things
 */
export function matchClasses(source: LabelledSource, job: JobClasses): MatchedLabels {
  const { images, labelOf, classes: own } = source;
  const meaning = own.length > 0 ? namedMeaning(source, job) : numberMeaning(source, job);
  const labels = Int32Array.from(
    { length: images.count },
    (_, index) => meaning.get(labelOf(index) ?? -1) ?? -1,
  );
  if (own.length > 0) return { labels, readings: [] };
  const { names } = job;
  const readings = [...meaning].map(([number, place]) => `${number} = ${names[place]}`);
  const isOwnName = [...meaning].every(([number, place]) => names[place] === `${number}`);
  return { labels, readings: isOwnName ? [] : readings };
}

/** Places in the names of the job by numbers of the source. */
type Meaning = ReadonlyMap<number, number>;

function namedMeaning(source: LabelledSource, { names }: JobClasses): Meaning {
  const { classes: own, path, isDeclared } = source;
  const places = placesOf(names);
  const used = [...firstImages(source).keys()];
  const foreign = used.find((number) => !places.has(sameName(own[number] ?? '')));
  if (foreign === undefined) {
    return new Map(used.map((number) => [number, places.get(sameName(own[number] ?? '')) ?? -1]));
  }
  // Runs that knew the numbers of the same list, and not yet its names.
  const areNumbers = names.length === own.length && names.every((name, i) => name === `${i}`);
  if (isDeclared && areNumbers) return new Map(used.map((number) => [number, number]));
  throw new DataError(
    `Expected one of ${listed(names)} in ${path} but got the class \`${own[foreign]}\`.`,
  );
}

function placesOf(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name, place) => [sameName(name), place]));
}

/** The first image of every label of a source. */
function firstImages({ images, labelOf }: LabelledSource): Map<number, number> {
  const first = new Map<number, number>();
  for (let index = 0; index < images.count; index++) {
    const label = labelOf(index) ?? -1;
    if (!first.has(label)) first.set(label, index);
  }
  return first;
}

/** A way of reading numbers, and the classes that they mean by it. */
interface Reading {
  readonly how: string;
  readonly meaning: Meaning;
}

function numberMeaning(source: LabelledSource, job: JobClasses): Meaning {
  const { names, isTold } = job;
  const numbers = [...firstImages(source).keys()];
  const byName = readByName(source, numbers, names);
  const areNames = byName.meaning.size === numbers.length;
  const areAllNumbers = !names.map(wholeNumber).includes(undefined);
  // Among names that are no numbers, a number may as well be a place.
  const readings = areNames ? [byName] : [];
  if (!areNames || !areAllNumbers) readings.push(...readByPlace(source, names));
  const [first] = readings;
  if (!first) throw outOfRange(source, names);
  if (isTold) return first.meaning;
  // Some numbers are names, and all are places: nobody can tell which is meant.
  if (!areNames && byName.meaning.size > 0) readings.push(byName);
  const folders = folderPlaces(source, names);
  if (!folders) return agreed(source, readings, names);
  const fitting = readings.find((reading) => !contradiction(source, reading, folders));
  if (fitting) return fitting.meaning;
  throw ambiguous(source, [first, contradiction(source, first, folders) ?? first], names);
}

/** Numbers as names, `7` being `07` too where only one name is of that value. */
function readByName(
  { written }: LabelledSource,
  numbers: readonly number[],
  names: readonly string[],
): Reading {
  const exact = placesOf(names);
  const values = new Map<number, number[]>();
  for (const [place, name] of names.entries()) {
    const value = wholeNumber(name.replace(/\.0+$/, ''));
    if (value !== undefined) values.set(value, [...(values.get(value) ?? []), place]);
  }
  const meaning = new Map<number, number>();
  for (const number of numbers) {
    const [place, ...others] = values.get(number) ?? [];
    const text = written?.get(number) ?? `${number}`;
    const found = exact.get(sameName(text)) ?? (others.length === 0 ? place : undefined);
    if (found !== undefined) meaning.set(number, found);
  }
  return { how: 'by name', meaning };
}

/** Numbers as places in the order of the names; none when one is beyond them. */
function readByPlace(source: LabelledSource, names: readonly string[]): Reading[] {
  const numbers = [...firstImages(source).keys()];
  if (numbers.some((number) => number < 0 || number >= names.length)) return [];
  const inOrder = (how: string, order: readonly string[]): Reading => {
    const places = placesOf(names);
    return {
      how,
      meaning: new Map(
        numbers.map((number) => [number, places.get(sameName(order[number] ?? '')) ?? -1]),
      ),
    };
  };
  const values = names.map(wholeNumber);
  const byValue = [...names].sort((a, b) => Number(a) - Number(b));
  return [
    inOrder('by its place among the names as they are given', names),
    inOrder('by its place in the order of their text', [...names].sort()),
    ...(values.includes(undefined) ? [] : [inOrder('by its place in their order', byValue)]),
  ];
}

/** The class of the folder that each image lies in, where all of these are classes. */
function folderPlaces({ images }: LabelledSource, names: readonly string[]): number[] | undefined {
  const places = placesOf(names);
  const found: number[] = [];
  for (let index = 0; index < images.count; index++) {
    const place = places.get(sameName(folderOf(images.locate(index))));
    if (place === undefined) return undefined;
    found.push(place);
  }
  return found;
}

/** Returns the class of the first image by its folder, where that contradicts a reading. */
function contradiction(
  { images, labelOf }: LabelledSource,
  { meaning }: Reading,
  folders: readonly number[],
): Reading | undefined {
  for (let index = 0; index < images.count; index++) {
    const number = labelOf(index) ?? -1;
    const folder = at(folders, index);
    if (meaning.get(number) !== folder) {
      return { how: 'by the folder of the image', meaning: new Map([[number, folder]]) };
    }
  }
  return undefined;
}

/** Returns the name of the folder that an image lies in, empty where it lies in none. */
export function folderOf(location: ImageLocation): string {
  if (location.kind === 'row') return '';
  const path = location.kind === 'file' ? location.path : location.name;
  return dirname(path) === '.' ? '' : readableName(basename(dirname(path)));
}

/** The number that two readings take for different classes. */
function difference(a: Reading, b: Reading): number | undefined {
  return [...a.meaning.keys()].find(
    (number) => b.meaning.has(number) && b.meaning.get(number) !== a.meaning.get(number),
  );
}

function agreed(
  source: LabelledSource,
  readings: readonly Reading[],
  names: readonly string[],
): Meaning {
  const [first, ...others] = readings as readonly [Reading, ...Reading[]];
  const other = others.find((reading) => difference(first, reading) !== undefined);
  if (other) throw ambiguous(source, [first, other], names);
  return first.meaning;
}

function ambiguous(
  source: LabelledSource,
  [a, b]: readonly [Reading, Reading],
  names: readonly string[],
): DataError {
  const number = difference(a, b) ?? -1;
  const meant = ({ how, meaning }: Reading) => `\`${names[meaning.get(number) ?? -1]}\` ${how}`;
  const place = nameOf(source.images.locate(firstImages(source).get(number) ?? 0));
  return new DataError(
    `Expected numbers of one meaning in ${source.path} but got ${number} for ${place}, which is ${meant(a)}, and ${meant(b)}.\n` +
      'Name the classes of the numbers by --class-names FILE, a line for each from 0, or write names instead of numbers.',
  );
}

function outOfRange(source: LabelledSource, names: readonly string[]): DataError {
  const images = firstImages(source);
  const wrong = [...images.keys()].find((number) => number < 0 || number >= names.length) ?? -1;
  const where = nameOf(source.images.locate(images.get(wrong) ?? 0));
  return new DataError(
    `Expected labels from 0 to ${names.length - 1} in ${source.path} but got ${wrong} for ${where}.`,
  );
}
