/** Images that are files of their own. */
import { createHash } from 'node:crypto';
import { basename, dirname, relative, sep } from 'node:path';
import type { ImageSet } from './image-set.js';

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
export function listedFiles(
  paths: readonly string[],
  names: readonly string[],
  labels: readonly (number | undefined)[] = [],
): ImageSet {
  const digest = createHash('sha256');
  for (const name of names) digest.update(`${name}\0`);
  return {
    count: paths.length,
    digest: digest.digest('hex'),
    locate: (index) => ({ kind: 'file', path: paths[index] as string }),
    labelOf: (index) => labels[index],
  };
}

/**
 * A folder whose images all lie in `folder/class/`: classes are numbered in the order of their names.
 * In any other layout, folders mean nothing.
 *
 * @param paths all images of the folder, sorted
 */
export function folderSet(folder: string, paths: readonly string[]): FolderSet {
  const set = fileSet(paths);
  const isClassified = paths.every((path) => dirname(dirname(path)) === folder);
  if (!isClassified) return { ...set, classes: [] };
  const classes = [...new Set(paths.map((path) => basename(dirname(path))))].sort();
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const labelOf = (index: number) => numbers.get(basename(dirname(paths[index] ?? '')));
  return { ...set, classes, labelOf };
}

export interface FolderSet extends ImageSet {
  /** Names of the classes, in the order of their numbers; none when the folder has no classes. */
  readonly classes: readonly string[];
}

function commonFolder(first: string, last: string): string {
  let folder = dirname(first);
  while (folder !== dirname(folder) && !last.startsWith(folder + sep)) folder = dirname(folder);
  return folder;
}
