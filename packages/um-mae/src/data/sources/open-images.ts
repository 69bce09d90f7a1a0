/** Opens the set of images that a user names. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DataError } from '../../errors.js';
import { systemPath } from '../../files/file-names.js';
import { mostOfRecord, wholeBytes } from '../../files/whole-file.js';
import { type Exclusion, patternsOf } from '../exclude.js';
import { noImages } from '../image-files.js';
import { readClassNames, renameClasses } from '../labels/class-names.js';
import {
  type ClassLabels,
  joinLabels,
  withDeclaredNames,
  withWholeNumbers,
} from '../labels/source-labels.js';
import type { ReadingOptions } from '../reading-options.js';
import { fileSet, folderSet, withoutClasses } from './files.js';
import { classesFile, type FoundSources, findSources } from './find-sources.js';
import { type ImageSet, type ImageSource, joinImages } from './image-set.js';
import { openList } from './lists/list-file.js';
import { decodeText } from './lists/list-text.js';
import { joinRemarks, type Remark, Remarks } from './remarks.js';
import { type ReadingTeam, sharedIndexes } from './tar/shared-indexes.js';
import { type OpenedShard, withFolders } from './tar/tar-folders.js';
import { openShard } from './tar/tar-shard.js';

export interface OpenOptions extends ReadingOptions {
  /**
   * Whether classes are wanted: then a list without labels, as the only input, has folders as
   * classes.
   */
  readonly labelled?: boolean;
  /** The processes that all open these images now. Default: this one alone. */
  readonly team?: ReadingTeam | undefined;
}

/** Images, with their classes where the sources tell them. */
export interface OpenedImages extends ClassLabels {
  readonly images: ImageSet;
  /** Files that were seen and left out, because their extension is not that of an image. */
  readonly ignored: number;
  /** Notes on things passed over, and on choices where sources can be read in two ways. */
  readonly remarks: readonly Remark[];
}

/**
 * Opens the images of all `inputs`, in an order that depends on what they are and not on the order
 * they are given in: files, then lists, tar shards and Parquet files, each in the order of their
 * paths.
 *
 * An input is a folder (searched at any depth: for images, or, where it has none, for shards and
 * Parquet files), an image, a list (`.txt`, `.lst`, `.csv`, `.tsv`), a shard (`.tar`) or a Parquet
 * file (`.parquet`); `{000..146}` is a range of them.
 *
 * @example
 * ```ts
 * import { openImages } from 'um-mae';
 *
 * const { images, remarks } = await openImages(['photos']);
 * console.log(`${images.count} images`, remarks);
 * ```
 */
export async function openImages(
  inputs: readonly string[],
  options: OpenOptions = {},
): Promise<OpenedImages> {
  if (inputs.length === 0) {
    throw new DataError(
      'Expected paths of images in `data.paths` but got none.\nName folders, lists, shards or tables by --data.',
    );
  }
  const { exclude = [] } = options;
  const patterns = patternsOf(exclude);
  const isExcluded = exclude.length > 0 ? patterns.isExcluded : undefined;
  const inputFiles = await findSources(inputs, isExcluded);
  const { ignored, remarks } = inputFiles;
  const folderClasses = options.labelled === true && inputs.length === 1;
  const sources = await openSources(inputFiles, { ...options, folderClasses, isExcluded });
  const images = joinImages(sources.map((source) => source.images));
  if (images.count === 0) {
    throw noImages(inputs, ignored, joinRemarks(sources.map((source) => source.remarks)));
  }
  const counted = sources.map((source) => ({ labels: source.labels, count: source.images.count }));
  const labels = joinLabels(withWholeNumbers(counted), remarks);
  const read = joinRemarks([...sources.map((source) => source.remarks), remarks.list()]);
  const { classNames } = options;
  const idle = patterns.unused();
  const what = 'patterns of --exclude, which fit nothing';
  const found = idle.length > 0 ? [...read, { what, count: idle.length, examples: idle }] : read;
  const named = classNames
    ? renameClasses(labels, await readClassNames(resolve(classNames)), inputs.join(', '))
    : labels;
  return { ...named, images, ignored, remarks: found };
}

async function openSources(
  { files, lists, shards, tables, folder }: FoundSources,
  options: OpenOptions & {
    readonly folderClasses: boolean;
    readonly isExcluded: Exclusion | undefined;
  },
): Promise<ImageSource[]> {
  const { folderClasses, isExcluded } = options;
  const root = options.root ?? undefined;
  const labelColumn = options.labelColumn ?? undefined;
  const sampleKeys = options.sampleKeys ?? undefined;
  const sources: ImageSource[] = [];
  if (files.size > 0) {
    const paths = [...files].sort();
    sources.push(folder === undefined ? withoutClasses(fileSet(paths)) : folderSet(folder, paths));
  }
  for (const list of [...lists].sort()) {
    sources.push(await openList(list, { root, folderClasses, labelColumn, isExcluded }));
  }
  const paths = [...shards].sort();
  const reading = { labelColumn, sampleKeys };
  const indexes = options.team && (await sharedIndexes(paths, reading, options.team));
  const opened: OpenedShard[] = [];
  for (const path of paths) {
    const index = indexes?.get(path);
    opened.push({ path, source: await openShard(path, { ...reading, isExcluded, index }) });
  }
  const names = new NamesBeside();
  for (const { path, source } of labelColumn === undefined ? withFolders(opened) : opened) {
    sources.push(await names.addTo(source, path));
  }
  if (tables.size > 0) {
    // The reader of tables takes much address space.
    const { openParquet } = await import('./parquet/parquet.js');
    for (const table of [...tables].sort()) sources.push(await openParquet(table, { labelColumn }));
  }
  return sources;
}

/**
 * The names that `um-mae data pack` writes beside shards, one per line, in the order of their
 * numbers.
 */
class NamesBeside {
  private readonly names = new Map<string, readonly string[]>();

  async addTo(source: ImageSource, shard: string): Promise<ImageSource> {
    const folder = dirname(shard);
    const known = this.names.get(folder) ?? (await readNames(join(folder, classesFile)));
    this.names.set(folder, known);
    const remarks = new Remarks();
    const labels = withDeclaredNames(source.labels, known, { where: shard, remarks });
    return { ...source, labels, remarks: joinRemarks([source.remarks, remarks.list()]) };
  }
}

async function readNames(file: string): Promise<string[]> {
  if (!existsSync(systemPath(file))) return [];
  const { text } = decodeText(wholeBytes(file, { as: DataError, most: mostOfRecord }));
  return text.trimEnd().split(/\r?\n/);
}
