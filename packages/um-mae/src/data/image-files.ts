/** Finds images and archives of images below folders. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, relative, resolve } from 'node:path';
import { DataError } from '../errors.js';
import { fileError } from '../files/file-errors.js';
import { decodeName, shownPath, systemPath } from '../files/file-names.js';
import { retry } from '../files/file-retries.js';
import { type Exclusion, excluded, excluding } from './exclude.js';
import { describeRemark, type Remark, Remarks } from './sources/remarks.js';
import { isSystemFolder } from './system-folders.js';

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
  const walk = new FolderWalk();
  let ignored = 0;
  for (const path of inputs.map((input) => resolve(input)).sort()) {
    if (await isFolder(path)) {
      for await (const file of walk.filesBelow(path)) {
        if (isImageName(file)) found.add(file);
        else ignored++;
      }
    } else if (isImageName(path)) found.add(path);
    else throw new DataError(`Expected an image (${extensionList}) but got \`${path}\`.`);
  }
  if (found.size === 0) throw noImages(inputs, ignored);
  return { paths: [...found].sort(), ignored };
}

/** @param passed what the inputs have instead */
export function noImages(
  inputs: readonly string[],
  ignored: number,
  passed: readonly Remark[] = [],
): DataError {
  const where = inputs.map((input) => `\`${input}\``).join(', ') || 'no path';
  const seen = ignored === 0 ? 'no files' : `${ignored} other ${ignored === 1 ? 'file' : 'files'}`;
  const advice =
    passed.length > 0
      ? `It has ${passed.map(describeRemark).join('; ')}.`
      : 'Give a folder that holds images, at any depth.';
  return new DataError(
    `Expected images (${extensionList}) in ${where} but got ${seen}.\n${advice}`,
  );
}

export const extensionList = imageExtensions.map((extension) => extension.slice(1)).join(', ');

export function isImageName(path: string): boolean {
  return imageExtensions.includes(extname(path).toLowerCase());
}

/** Reads what folders hold, each once, however many links lead to it. */
export class FolderWalk {
  /** The entries that were passed over. */
  readonly remarks = new Remarks();
  private readonly visited = new Set<string>();

  constructor(private readonly isExcluded: Exclusion = excluding([])) {}

  /**
   * Yields all files below a folder, at any depth, in a stable order. Links are followed. Hidden
   * entries, folders of the system and what is excluded are passed over.
   *
   * @param start the folder that a user named, in which `folder` lies
   */
  async *filesBelow(folder: string, start = folder): AsyncGenerator<string, void, undefined> {
    const real = await reading(folder, () => realpath(systemPath(folder), 'buffer'));
    const key = real.toString('latin1');
    if (this.visited.has(key)) return;
    this.visited.add(key);
    for (const { name, isFolder } of await this.entriesOf(folder, start)) {
      const path = join(folder, name);
      if (isFolder) yield* this.filesBelow(path, start);
      else yield path;
    }
  }

  /** Returns the names of the folders right in a folder, those left out that a walk passes over. */
  async foldersIn(folder: string): Promise<string[]> {
    const entries = await this.entriesOf(folder, folder);
    return entries.filter(({ isFolder }) => isFolder).map(({ name }) => name);
  }

  /** Returns the entries of a folder that are not passed over, in a stable order. */
  private async entriesOf(folder: string, start: string): Promise<Entry[]> {
    const options = { withFileTypes: true, encoding: 'buffer' } as const;
    const found = await reading(folder, () => readdir(systemPath(folder), options));
    const entries: Entry[] = [];
    for (const entry of found) {
      const name = decodeName(entry.name);
      const path = join(folder, name);
      const reason = this.reasonToPass(name, relative(start, path));
      if (reason !== undefined) this.remarks.add(reason, shownPath(path));
      else entries.push({ name, isFolder: await leadsToFolder(entry, path) });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private reasonToPass(name: string, path: string): string | undefined {
    if (isSystemFolder(name)) return `folders \`${name}\` of the system, passed over`;
    if (name.startsWith('.')) return 'hidden files and folders, passed over';
    return this.isExcluded(path) ? excluded : undefined;
  }
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

interface TypedEntry {
  isSymbolicLink(): boolean;
  isDirectory(): boolean;
}

async function leadsToFolder(entry: TypedEntry, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  // A link that leads nowhere counts as a file: if it is named like an image, reading it will tell.
  const target = await retry(() => stat(systemPath(path))).catch(() => undefined);
  return target?.isDirectory() ?? false;
}

/** @throws DataError when nothing is there */
export async function isFolder(path: string): Promise<boolean> {
  return (await reading(path, () => stat(systemPath(path)))).isDirectory();
}

async function reading<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await retry(read);
  } catch (error) {
    throw accessError(path, error as NodeJS.ErrnoException);
  }
}

function accessError(path: string, cause: NodeJS.ErrnoException): unknown {
  if (cause.code !== 'ENOENT' && cause.code !== 'ENOTDIR') {
    return fileError({ verb: 'read', path: shownPath(path), as: DataError }, cause);
  }
  return new DataError(
    `Expected a folder or an image at \`${shownPath(path)}\` but got nothing there.\nCheck the path.`,
    { cause },
  );
}
