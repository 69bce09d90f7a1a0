/** Opens the set of images that a user names. */
import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { DataError } from '../../errors.js';
import { extensionList, filesBelow, isFolder, isImageName, noImages } from '../image-files.js';
import { expandBraces } from './braces.js';
import { fileSet, folderSet, withoutClasses } from './files.js';
import { type ImageSource, joinSources } from './image-set.js';
import { openList } from './list-file.js';
import { openParquet } from './parquet.js';
import { indexPath } from './tar-index.js';
import { openShard } from './tar-shard.js';

export interface OpenOptions {
  /** The folder that relative paths in list files start from. Default: the folder of the list. */
  readonly root?: string | undefined;
  /**
   * Whether classes are wanted: then a list without labels, as the only input, has folders as
   * classes.
   */
  readonly labelled?: boolean;
}

/** Classes have names when the source is one folder, or one list, with a folder for every class. */
export interface OpenedImages extends ImageSource {
  /** Files that were seen and left out, because their extension is not that of an image. */
  readonly ignored: number;
}

/**
 * The images of all `inputs`, in an order that depends on what they are and not on the order they
 * are given in: files, then lists, tar shards and Parquet files, each in the order of their paths.
 *
 * An input is a folder (searched at any depth: for images, or, where it has none, for shards and
 * Parquet files), an image, a list (`.txt`, `.lst`), a shard (`.tar`) or a Parquet file
 * (`.parquet`); `{000..146}` is a range of them.
 */
export async function openImages(
  inputs: readonly string[],
  { root, labelled = false }: OpenOptions = {},
): Promise<OpenedImages> {
  if (inputs.length === 0) {
    throw new DataError(
      'Expected paths of images in `data.paths` but got none.\nName folders, lists, shards or tables by --data.',
    );
  }
  const found = await findSources(inputs);
  const { ignored, folder } = found;
  const files = [...found.files].sort();
  const sources: ImageSource[] = [];
  if (files.length > 0) {
    sources.push(folder === undefined ? withoutClasses(fileSet(files)) : folderSet(folder, files));
  }
  const folderClasses = labelled && inputs.length === 1;
  for (const list of [...found.lists].sort())
    sources.push(await openList(list, { root, folderClasses }));
  for (const shard of [...found.shards].sort()) sources.push(await openShard(shard));
  for (const table of [...found.tables].sort()) sources.push(await openParquet(table));
  const opened = joinSources(sources);
  if (opened.images.count === 0) throw noImages(inputs, ignored);
  return { ...opened, ignored };
}

/** Paths of each kind, each once. */
interface Sources {
  readonly files: Set<string>;
  readonly lists: Set<string>;
  readonly shards: Set<string>;
  readonly tables: Set<string>;
  ignored: number;
  /** The folder that all files lie in, when it is the only input. */
  readonly folder: string | undefined;
}

async function findSources(inputs: readonly string[]): Promise<Sources> {
  const paths = inputs.flatMap((input) => {
    if (input === '') throw new DataError('Expected the path of images but got an empty one.');
    const path = resolve(input);
    return existsSync(path) ? [path] : expandBraces(path);
  });
  const [only] = paths;
  const isOneFolder = only !== undefined && paths.length === 1 && (await isFolder(only));
  const sources: Sources = {
    files: new Set(),
    lists: new Set(),
    shards: new Set(),
    tables: new Set(),
    ignored: 0,
    folder: isOneFolder ? only : undefined,
  };
  const visited = new Set<string>();
  for (const path of paths) {
    if (await isFolder(path)) await addFolder(path, sources, visited);
    else addFile(path, sources);
  }
  return sources;
}

function addFile(path: string, { files, lists, shards, tables }: Sources): void {
  const extension = extname(path).toLowerCase();
  if (isImageName(path)) files.add(path);
  else if (extension === '.txt' || extension === '.lst') lists.add(path);
  else if (extension === '.tar') shards.add(path);
  else if (extension === '.parquet') tables.add(path);
  else {
    throw new DataError(
      `Expected an image (${extensionList}), a list (txt, lst), a tar shard or a Parquet file but got \`${path}\`.`,
    );
  }
}

/** An archive beside images is not taken for more of them. */
async function addFolder(path: string, sources: Sources, visited: Set<string>): Promise<void> {
  const archives: string[] = [];
  let images = 0;
  for await (const file of filesBelow(path, visited)) {
    if (isImageName(file)) {
      sources.files.add(file);
      images++;
    } else if (/\.(tar|parquet)$/i.test(file)) archives.push(file);
    else if (!file.endsWith(indexPath(''))) sources.ignored++;
  }
  if (images > 0) sources.ignored += archives.length;
  else for (const archive of archives) addFile(archive, sources);
}
