/** Images that are files of their own. */
import { createHash } from 'node:crypto';
import { basename, dirname, relative, sep } from 'node:path';
import type { ImageSet, ImageSource } from './image-set.js';

/** @param paths sorted */
export function fileSet(paths: readonly string[]): ImageSet {
  const base = commonFolder(paths[0] ?? '', paths.at(-1) ?? '');
  return listedFiles(
    paths,
    paths.map((path) => relative(base, path)),
  );
}

/**
 * Files in any order.
 *
 * @param names what the files are called in the list, wherever it lies
 */
export function listedFiles(paths: readonly string[], names: readonly string[]): ImageSet {
  const digest = createHash('sha256');
  for (const name of names) digest.update(`${name}\0`);
  return {
    count: paths.length,
    digest: digest.digest('hex'),
    locate: (index) => ({ kind: 'file', path: paths[index] as string }),
  };
}

/** Returns a source of images without classes. */
export function withoutClasses(images: ImageSet): ImageSource {
  return { images, labelOf: () => undefined, classes: [] };
}

/**
 * A folder whose images all lie in `folder/class/`. In any other layout, folders mean nothing.
 *
 * @param paths all images of the folder, sorted
 */
export function folderSet(folder: string, paths: readonly string[]): ImageSource {
  const images = fileSet(paths);
  const isClassified = paths.every((path) => dirname(dirname(path)) === folder);
  return isClassified ? withFolderClasses(images, paths) : withoutClasses(images);
}

/**
 * `images` with the folder that each image lies in as its class: classes are numbered in the order
 * of their names.
 *
 * @param paths the images of the set, in its order
 */
export function withFolderClasses(images: ImageSet, paths: readonly string[]): ImageSource {
  const classOf = (path: string) => basename(dirname(path));
  const classes = [...new Set(paths.map(classOf))].sort();
  const numbers = new Map(classes.map((name, number) => [name, number]));
  return { images, classes, labelOf: (index) => numbers.get(classOf(paths[index] ?? '')) };
}

function commonFolder(first: string, last: string): string {
  let folder = dirname(first);
  while (folder !== dirname(folder) && !last.startsWith(folder + sep)) folder = dirname(folder);
  return folder;
}
