/** Finds images and archives of images below folders. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { DataError } from '../errors.js';
import { fileError } from '../file-errors.js';

export interface ImageFiles {
  /** Absolute, sorted by code unit, without duplicates. */
  readonly paths: string[];
  /** Files that were seen and left out, because their extension is not that of an image. */
  readonly ignored: number;
}

export const imageExtensions: readonly string[] = [
  '.jpg',
  '.jpeg',
  '.jpe',
  '.png',
  '.webp',
  '.avif',
  '.tif',
  '.tiff',
  '.gif',
  '.bmp',
];

/** All images among `inputs`, a mix of folders (searched at any depth) and image files. */
export async function findImages(inputs: readonly string[]): Promise<ImageFiles> {
  const found = new Set<string>();
  const visited = new Set<string>();
  let ignored = 0;
  for (const path of inputs.map((input) => resolve(input)).sort()) {
    if (await isFolder(path)) {
      for await (const file of filesBelow(path, visited)) {
        if (isImageName(file)) found.add(file);
        else ignored++;
      }
    } else if (isImageName(path)) found.add(path);
    else throw new DataError(`Expected an image (${extensionList}) but got \`${path}\`.`);
  }
  if (found.size === 0) throw noImages(inputs, ignored);
  return { paths: [...found].sort(), ignored };
}

export function noImages(inputs: readonly string[], ignored: number): DataError {
  const where = inputs.map((input) => `\`${input}\``).join(', ') || 'no path';
  const seen = ignored === 0 ? 'no files' : `${ignored} other ${ignored === 1 ? 'file' : 'files'}`;
  return new DataError(
    `Expected images (${extensionList}) in ${where} but got ${seen}.\nGive a folder that holds images, at any depth.`,
  );
}

export const extensionList = imageExtensions.map((extension) => extension.slice(1)).join(', ');

export function isImageName(path: string): boolean {
  return imageExtensions.includes(extname(path).toLowerCase());
}

/**
 * All files below a folder, at any depth, in a stable order.
 *
 * Hidden files and folders are passed over. Links are followed; a folder is read once, however many
 * links lead to it.
 *
 * @param visited folders that have been read, which this adds to
 */
export async function* filesBelow(
  folder: string,
  visited: Set<string>,
): AsyncGenerator<string, void, undefined> {
  const real = await realpath(folder).catch((error) => {
    throw accessError(folder, error);
  });
  if (visited.has(real)) return;
  visited.add(real);
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (await leadsToFolder(entry, path)) yield* filesBelow(path, visited);
    else yield path;
  }
}

/** Lists the entries of a folder in a stable order, without hidden ones. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw accessError(folder, error);
  });
  return entries
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function leadsToFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  // A link that leads nowhere counts as a file: if it is named like an image, reading it will tell.
  const target = await stat(path).catch(() => undefined);
  return target?.isDirectory() ?? false;
}

/** @throws DataError when nothing is there */
export async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((error) => {
    throw accessError(path, error);
  });
  return found.isDirectory();
}

function accessError(path: string, cause: NodeJS.ErrnoException): unknown {
  if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') {
    return fileError({ verb: 'read', path, as: DataError }, cause);
  }
  return new DataError(
    `Expected a folder or an image at \`${path}\` but got nothing there.\nCheck the path.`,
    { cause },
  );
}
