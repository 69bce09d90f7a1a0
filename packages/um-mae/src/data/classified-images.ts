/**
 * Images with their classes, numbered alike in everything that classifiers and probes learn from
 * and are measured on.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DataError } from '../errors.js';
import { readableName, shownPath, systemPath } from '../files/file-names.js';
import { excluding } from './exclude.js';
import { FolderWalk, isFolder } from './image-files.js';
import { listed, sameName } from './labels/label-text.js';
import { type JobClasses, matchClasses } from './labels/match-classes.js';
import { checkSameNumbers } from './labels/same-numbers.js';
import type { ReadingOptions } from './reading-options.js';
import { type ImageLocation, type ImageSet, nameOf } from './sources/image-set.js';
import { type OpenedImages, openImages } from './sources/open-images.js';
import { describeRemark, joinRemarks, type Remark } from './sources/remarks.js';

/** A set of images, each with its class. */
export interface LabelledSet {
  readonly images: ImageSet;
  /** The class of every image, a number from 0. */
  readonly labels: Int32Array;
}

export interface ClassifiedImages extends LabelledSet {
  /** Files that were seen and left out, because their extension is not that of an image. */
  readonly ignored: number;
  /** Notes on things passed over, and on choices where the source can be read in two ways. */
  readonly remarks: readonly Remark[];
}

export interface TrainingImages {
  readonly train: ClassifiedImages;
  readonly val: ClassifiedImages;
  /** Names of the classes, in the order of their numbers. */
  readonly classes: readonly string[];
}

export interface TrainingPaths extends ReadingOptions {
  /** The training images: a folder of class folders, a list, shards or a Parquet file. */
  readonly train: string;
  readonly val: string;
}

/**
 * Both sides are matched by the names of their classes, which are `known`, or those that the data
 * give. A number is the class of that name, else the place of a name in their order, and a name
 * itself where nothing has any.
 *
 * @param known names in the order of their numbers, none where the data tell them
 * @throws DataError when an image has no class, or classes differ, have no images, or are fewer
 *   than two
 *
 * @example
 * ```ts
 * import { openTrainingImages } from 'um-mae';
 *
 * const { train, val, classes } = await openTrainingImages({
 *   train: 'labelled/train',
 *   val: 'labelled/val',
 * });
 * console.log(classes, train.labels.length, val.labels.length);
 * ```
 */
export async function openTrainingImages(
  paths: TrainingPaths,
  known: readonly string[] = [],
): Promise<TrainingImages> {
  checkParts(paths);
  const train = await openLabelled(paths.train, paths);
  const val = await openLabelled(paths.val, paths);
  checkSeveralClasses(train);
  checkSameNames(train, val);
  checkSameNumbers(train, val);
  const named = [known, train.classes, val.classes].find(({ length }) => length > 0);
  const classes = named ?? numbersOf(train);
  const job = { names: classes, isTold: known.length > 0 };
  const sides = { train: classify(train, job), val: classify(val, job) };
  checkEveryClass(sides.train, classes, paths.train);
  checkSeveralClasses(val);
  return { ...sides, classes };
}

/** @throws DataError where a folder of classes has no parts yet */
function checkParts({ train, val }: TrainingPaths): void {
  const folder = dirname(resolve(train));
  const isWhole = basename(train) === 'train' && resolve(val) === join(folder, 'val');
  const [missing] = [train, val].filter((path) => !existsSync(systemPath(resolve(path))));
  if (!isWhole || missing === undefined || !existsSync(systemPath(folder))) return;
  const [shown, whole] = [folder, missing === train ? folder : train].map(shownPath);
  throw new DataError(
    `Expected folders train and val in ${shown} but got no ${basename(missing)}.\n` +
      `\`um-mae data split ${whole} --out LISTS\` makes --train LISTS/train.txt and --val LISTS/val.txt of a folder of classes.`,
  );
}

/** The classes of a classifier, and how images of them are to be read. */
interface ClassifiedOptions extends ReadingOptions {
  readonly classes: readonly string[];
}

/**
 * @throws DataError when an image is of no class of `classes`
 *
 * @example
 * ```ts
 * import { evaluateClassifier, openClassifiedImages, readClassifier } from 'um-mae';
 *
 * const { model, classes } = readClassifier('runs/classes');
 * const set = await openClassifiedImages('labelled/val', { classes });
 * const { scores } = await evaluateClassifier(model, set);
 * console.log(scores.topOne);
 * ```
 */
export async function openClassifiedImages(
  path: string,
  { classes, ...reading }: ClassifiedOptions,
): Promise<ClassifiedImages> {
  return classify(await openLabelled(path, reading), { names: classes, isTold: false });
}

/** Computes a fingerprint of images, their order and their classes. */
export function classifiedDigest({ images, labels }: LabelledSet): string {
  return createHash('sha256').update(images.digest).update(labels).digest('hex');
}

interface LabelledImages extends OpenedImages {
  readonly path: string;
}

async function openLabelled(path: string, reading: ReadingOptions): Promise<LabelledImages> {
  const opened = await openImages([path], { ...reading, labelled: true });
  const { images, labelOf, classes, remarks } = opened;
  for (let index = 0; index < images.count; index++) {
    if (labelOf(index) !== undefined) continue;
    const hints = remarks.filter(({ aboutClasses }) => aboutClasses).map(describeRemark);
    const advice = adviceOnClasses(images.locate(index).kind, path);
    throw new DataError(
      `Expected a class for every image of ${path} but got none for ${nameOf(images.locate(index))}.\n` +
        (hints.length > 0 ? `It has ${hints.join('; ')}.` : advice),
    );
  }
  if (classes.length > 0) await checkEmptyFolders(path, images, reading);
  return { ...opened, path };
}

function adviceOnClasses(kind: ImageLocation['kind'], path: string): string {
  if (kind === 'member') {
    return 'Put a class beside every image in the archive, as NAME.cls or the field `label` of NAME.json; folders tell none there.';
  }
  if (kind === 'row') return 'Add a column `label` of numbers or text to the table.';
  return `Put images into ${path}/CLASS/, or list them as \`path label\`.`;
}

/** A class folder without images would go unnoticed otherwise. */
async function checkEmptyFolders(
  path: string,
  images: ImageSet,
  { exclude = [] }: ReadingOptions,
): Promise<void> {
  const folder = resolve(path);
  if (images.locate(0).kind !== 'file' || !(await isFolder(folder))) return;
  const used = new Set<string>();
  for (let index = 0; index < images.count; index++) {
    const location = images.locate(index);
    if (location.kind === 'file') used.add(dirname(location.path));
  }
  const folders = await new FolderWalk(excluding(exclude)).foldersIn(folder);
  const empty = folders.find((name) => !used.has(join(folder, name)));
  if (empty === undefined) return;
  throw new DataError(
    `Expected images in every class folder of ${path} but got none in \`${readableName(empty)}\`.\nAdd some, or remove the folder.`,
  );
}

function numbersOf({ images, labelOf }: LabelledImages): string[] {
  let largest = -1;
  for (let index = 0; index < images.count; index++) {
    largest = Math.max(largest, labelOf(index) ?? -1);
  }
  if (largest < images.count) return Array.from({ length: largest + 1 }, (_, label) => `${label}`);
  throw new DataError(
    `Expected labels to number classes from 0 but got ${largest} among ${images.count} images, so that most classes would have none.`,
  );
}

/** Numbers the classes of a source as those of the job. */
function classify(source: LabelledImages, job: JobClasses): ClassifiedImages {
  const { images, ignored, remarks } = source;
  const { labels, readings } = matchClasses(source, job);
  if (readings.length === 0) return { images, labels, ignored, remarks };
  const what = 'numbers of classes, read as places in the order of their names';
  const taken = { what, count: readings.length, examples: readings.slice(0, 5) };
  return { images, labels, ignored, remarks: joinRemarks([remarks, [taken]]) };
}

function checkSameNames(train: LabelledImages, val: LabelledImages): void {
  if (train.classes.length === 0 || val.classes.length === 0) return;
  const differences = [
    differing('without', train.classes, val.classes),
    differing('also', val.classes, train.classes),
  ].filter(Boolean);
  if (differences.length === 0) return;
  throw new DataError(
    `Expected the ${train.classes.length} classes of ${train.path} in ${val.path} but got them ${differences.join(', ')}.`,
  );
}

function differing(word: string, names: readonly string[], others: readonly string[]): string {
  const known = new Set(others.map(sameName));
  const only = names.filter((name) => !known.has(sameName(name)));
  return only.length === 0 ? '' : `${word} ${listed(only)}`;
}

function checkSeveralClasses({ images, labelOf, classes, path }: LabelledImages): void {
  const first = labelOf(0) ?? -1;
  for (let index = 1; index < images.count; index++) {
    if (labelOf(index) !== first) return;
  }
  throw new DataError(
    `Expected at least two classes in ${path} but got only \`${classes[first] ?? first}\`.`,
  );
}

function checkEveryClass(
  { labels }: ClassifiedImages,
  classes: readonly string[],
  path: string,
): void {
  const found = new Set(labels);
  const missing = classes.find((_, label) => !found.has(label));
  if (missing === undefined) return;
  throw new DataError(`Expected images of every class in ${path} but got none of \`${missing}\`.`);
}
