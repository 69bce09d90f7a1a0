/**
 * Images with their classes, numbered alike in everything that classifiers and probes learn from
 * and are measured on.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../errors.js';
import { isFolder } from './image-files.js';
import { type ImageSet, nameOf } from './sources/image-set.js';
import { type OpenedImages, openImages } from './sources/open-images.js';

/** A set of images, each with its class. */
export interface LabelledSet {
  readonly images: ImageSet;
  /** The class of every image, a number from 0. */
  readonly labels: Int32Array;
}

export interface ClassifiedImages extends LabelledSet {
  /** Files that were seen and left out, because their extension is not that of an image. */
  readonly ignored: number;
}

export interface TrainingImages {
  readonly train: ClassifiedImages;
  readonly val: ClassifiedImages;
  /** Names of the classes, in the order of their numbers. */
  readonly classes: readonly string[];
}

export interface TrainingPaths {
  /** The training images: a folder of class folders, a list, shards or a Parquet file. */
  readonly train: string;
  readonly val: string;
  /** The folder that relative paths in lists start from. Default: the folder of the list. */
  readonly root?: string | null | undefined;
}

/**
 * Names of classes are those of folders, or `known`; labels that are numbers mean the classes in
 * the order of their names where the other side has names, and are names themselves where nothing
 * has any.
 *
 * @param known names in the order of their numbers, none where the data tell them
 * @throws DataError when an image has no class, or classes differ, have no images, or are fewer
 *   than two
 */
export async function openTrainingImages(
  paths: TrainingPaths,
  known: readonly string[] = [],
): Promise<TrainingImages> {
  const train = await openLabelled(paths.train, paths.root);
  const val = await openLabelled(paths.val, paths.root);
  checkSeveralClasses(train);
  checkSameNames(train, val);
  const named = [known, train.classes, val.classes].find(({ length }) => length > 0);
  const classes = named ?? numbersOf(train);
  const sides = { train: classify(train, classes), val: classify(val, classes) };
  checkEveryClass(sides.train, classes, paths.train);
  checkSeveralClasses(val);
  return { ...sides, classes };
}

/** @throws DataError when an image is of no class of `classes` */
export async function openClassifiedImages(
  path: string,
  { root, classes }: { readonly root: string | null; readonly classes: readonly string[] },
): Promise<ClassifiedImages> {
  return classify(await openLabelled(path, root), classes);
}

/**
 * Images of which some, or all, may have no class: `openImages` with the names that `um-mae data
 * pack` has written beside shards.
 */
export async function openNamedImages(
  inputs: readonly string[],
  root?: string | null,
): Promise<OpenedImages> {
  const opened = await openImages(inputs, { root: root ?? undefined, labelled: true });
  const [only, ...others] = inputs;
  if (only === undefined || others.length > 0 || opened.classes.length > 0) return opened;
  return { ...opened, classes: await packedClasses(only) };
}

/** Computes a fingerprint of images, their order and their classes. */
export function classifiedDigest({ images, labels }: LabelledSet): string {
  return createHash('sha256').update(images.digest).update(labels).digest('hex');
}

interface LabelledImages extends OpenedImages {
  readonly path: string;
}

async function openLabelled(
  path: string,
  root: string | null | undefined,
): Promise<LabelledImages> {
  const opened = await openNamedImages([path], root);
  const { images, labelOf, classes } = opened;
  for (let index = 0; index < images.count; index++) {
    if (labelOf(index) !== undefined) continue;
    throw new DataError(
      `Expected a class for every image of ${path} but got none for ${nameOf(images.locate(index))}.\n` +
        `Put images into ${path}/CLASS/, or list them as \`path label\`.`,
    );
  }
  if (classes.length > 0 && (await isFolder(path))) await checkEmptyFolders(path, classes);
  return { ...opened, path };
}

/**
 * Names that `um-mae data pack` has written beside shards, one per line, in the order of their
 * numbers.
 */
async function packedClasses(path: string): Promise<string[]> {
  const file = join(path, 'classes.txt');
  if (!existsSync(file)) return [];
  const text = await readFile(file, 'utf8');
  return text.trimEnd().split('\n');
}

/** A class folder without images would go unnoticed otherwise. */
async function checkEmptyFolders(path: string, classes: readonly string[]): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  const empty = folders.find(({ name }) => !classes.includes(name));
  if (!empty) return;
  throw new DataError(
    `Expected images in every class folder of ${path} but got none in \`${empty.name}\`.\nAdd some, or remove the folder.`,
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

/** Numbers of a source to those of `classes`, by name where the source has names. */
function classify(
  { images, labelOf, classes: own, path, ignored }: LabelledImages,
  classes: readonly string[],
): ClassifiedImages {
  const places = new Map(classes.map((name, place) => [name, place]));
  const labels = Int32Array.from({ length: images.count }, (_, index) => {
    const number = labelOf(index) ?? -1;
    const name = own[number];
    const label = name === undefined ? number : places.get(name);
    if (label !== undefined && label >= 0 && label < classes.length) return label;
    const where = nameOf(images.locate(index));
    throw name === undefined
      ? new DataError(
          `Expected labels from 0 to ${classes.length - 1} in ${path} but got ${number} for ${where}.`,
        )
      : new DataError(
          `Expected one of ${listed(classes)} in ${path} but got the class \`${name}\`.`,
        );
  });
  return { images, labels, ignored };
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
  const only = names.filter((name) => !others.includes(name));
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

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => `\`${name}\``);
  return names.length > 10 ? `${shown.join(', ')} and ${names.length - 10} more` : shown.join(', ');
}
