/** The files that a user's inputs stand for, by what they are. */
import { existsSync } from 'node:fs';
import { basename, extname, relative, resolve } from 'node:path';
import { DataError } from '../../errors.js';
import { shownPath, systemPath } from '../../files/file-names.js';
import type { Exclusion } from '../exclude.js';
import { extensionList, FolderWalk, isFolder, isImageName } from '../image-files.js';
import { expandBraces } from './braces.js';
import type { Remarks } from './remarks.js';
import { indexPath } from './tar/tar-index.js';

/** Paths of each kind, each once. */
export interface FoundSources {
  readonly files: Set<string>;
  readonly lists: Set<string>;
  readonly shards: Set<string>;
  readonly tables: Set<string>;
  /** Files that were seen and left out, because their extension is not that of an image. */
  ignored: number;
  /** The folder that all files lie in, when it is the only input. */
  readonly folder: string | undefined;
  readonly remarks: Remarks;
}

/** @throws DataError when an input is none, or nothing is there */
export async function findSources(
  inputs: readonly string[],
  isExcluded: Exclusion = () => false,
): Promise<FoundSources> {
  const paths = inputs.flatMap((input) => {
    if (input === '') throw new DataError('Expected the path of images but got an empty one.');
    const path = resolve(input);
    return existsSync(systemPath(path)) ? [path] : expandBraces(path);
  });
  const [only] = paths;
  const isOneFolder = only !== undefined && paths.length === 1 && (await isFolder(only));
  const walk = new FolderWalk(isExcluded);
  const sources: FoundSources = {
    files: new Set(),
    lists: new Set(),
    shards: new Set(),
    tables: new Set(),
    ignored: 0,
    folder: isOneFolder ? only : undefined,
    remarks: walk.remarks,
  };
  for (const path of paths) {
    if (await isFolder(path)) await addFolder(path, sources, walk);
    else addFile(path, sources);
  }
  return sources;
}

function addFile(path: string, { files, lists, shards, tables }: FoundSources): void {
  const extension = extname(path).toLowerCase();
  if (isImageName(path)) files.add(path);
  else if (listExtensions.includes(extension)) lists.add(path);
  else if (extension === '.tar') shards.add(path);
  else if (extension === '.parquet') tables.add(path);
  else throw refuse(path);
}

/** The names of classes that `um-mae data pack` writes beside shards. */
export const classesFile = 'classes.txt';

const listExtensions: readonly string[] = ['.txt', '.lst', '.csv', '.tsv'];

function isCompressed(path: string): boolean {
  return /\.(tgz|tbz2?|txz|tar\.\w+|zip|rar|7z)$/i.test(path);
}

function refuse(path: string): DataError {
  const advice = isCompressed(path)
    ? '\nUnpack the archive first: images are read at their places, which a compressed archive does not have.'
    : '';
  return new DataError(
    `Expected an image (${extensionList}), a list (txt, lst), a tar shard or a Parquet file but got \`${shownPath(path)}\`.${advice}`,
  );
}

/**
 * An archive beside images is not taken for more of them, nor a table beside archives that
 * describes them.
 */
async function addFolder(path: string, sources: FoundSources, walk: FolderWalk): Promise<void> {
  const { remarks } = sources;
  const archives: string[] = [];
  const others: string[] = [];
  let images = 0;
  for await (const file of walk.filesBelow(path)) {
    if (isImageName(file)) {
      sources.files.add(file);
      images++;
    } else if (/\.(tar|parquet)$/i.test(file)) archives.push(file);
    else if (!file.endsWith(indexPath(''))) others.push(file);
  }
  const compressed = others.find((file) => isCompressed(file));
  if (images + archives.length === 0 && compressed !== undefined) throw refuse(compressed);
  const passed = (what: string, files: readonly string[]) => {
    sources.ignored += files.length;
    for (const file of files) remarks.add(what, shownPath(relative(path, file)));
  };
  // The names of classes beside shards are read with them.
  const isRead = (file: string) => images === 0 && basename(file) === classesFile;
  passed(
    'other files, passed over',
    others.filter((file) => archives.length === 0 || !isRead(file)),
  );
  if (images > 0) passed('archives and tables beside images, passed over', archives);
  else passed('tables without images, passed over', await addArchives(archives, sources));
}

/** Loads the reader of tables, and asks it. */
async function isTableOfImages(path: string): Promise<boolean> {
  return (await import('./parquet/parquet.js')).hasImages(path);
}

/**
 * Adds shards and tables; tables without images only where there is nothing else. Returns those
 * left out.
 */
async function addArchives(
  archives: readonly string[],
  sources: FoundSources,
): Promise<readonly string[]> {
  const left: string[] = [];
  for (const archive of archives) {
    if (/\.tar$/i.test(archive) || (await isTableOfImages(archive))) addFile(archive, sources);
    else left.push(archive);
  }
  if (left.length < archives.length) return left;
  for (const archive of left) addFile(archive, sources);
  return [];
}
