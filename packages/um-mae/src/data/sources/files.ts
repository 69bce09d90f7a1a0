/** Images that are files of their own. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname, relative, sep } from 'node:path';
import { readableName, systemPath } from '../../files/file-names.js';
import { nameLabels, noLabels } from '../labels/source-labels.js';
import type { ImageSet, ImageSource } from './image-set.js';
import { type Remark, Remarks } from './remarks.js';

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
  for (const name of names) digest.update(systemPath(name)).update('\0');
  return {
    count: paths.length,
    digest: digest.digest('hex'),
    locate: (index) => ({ kind: 'file', path: paths[index] as string }),
  };
}

/** Returns a source of images without classes. */
export function withoutClasses(images: ImageSet): ImageSource {
  return { images, labels: noLabels, remarks: [] };
}

/**
 * Returns the source of a folder. Its folders are classes where all images lie in `folder/class/`;
 * in any other layout, they mean nothing.
 *
 * @param paths all images of the folder, sorted
 */
export function folderSet(folder: string, paths: readonly string[]): ImageSource {
  const images = fileSet(paths);
  const isClassified = paths.every((path) => dirname(dirname(path)) === folder);
  if (!isClassified || isDownloaded(paths)) return withoutClasses(images);
  return withFolderClasses(images, paths);
}

/**
 * Tells whether folders are parts of a download of img2dataset, which writes `00000_stats.json`
 * beside `00000`.
 */
function isDownloaded(paths: readonly string[]): boolean {
  const folders = [...new Set(paths.map((path) => dirname(path)))];
  return folders.every((folder) => existsSync(systemPath(`${folder}_stats.json`)));
}

/**
 * Returns `images` with the folder that each image lies in as its class. Classes are numbered in
 * the order of their names.
 *
 * @param paths the images of the set, in its order
 */
export function withFolderClasses(images: ImageSet, paths: readonly string[]): ImageSource {
  const folders = paths.map((path) => readableName(basename(dirname(path))));
  return { images, labels: nameLabels(folders), remarks: doubleNames(paths) };
}

const doubled = 'folders whose names differ in how accents are stored alone, taken for one class';

/** Notes folders of one class: people see them as one name and may not know of two. */
function doubleNames(paths: readonly string[]): Remark[] {
  const remarks = new Remarks();
  const seen = new Set<string>();
  for (const folder of new Set(paths.map((path) => basename(dirname(path))))) {
    const name = readableName(folder);
    if (seen.has(name)) remarks.add(doubled, name);
    seen.add(name);
  }
  return remarks.list();
}

function commonFolder(first: string, last: string): string {
  let folder = dirname(first);
  while (folder !== dirname(folder) && !last.startsWith(folder + sep)) folder = dirname(folder);
  return folder;
}
