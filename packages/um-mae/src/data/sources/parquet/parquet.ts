/**
 * Parquet files with a column of encoded images, as Hugging Face writes them: structures of `bytes`
 * and `path`, or the bytes alone; beside it perhaps columns that tell classes.
 */
import { createHash } from 'node:crypto';
import { parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DataError } from '../../../errors.js';
import { isImageName } from '../../image-files.js';
import type { ImageSource } from '../image-set.js';
import { openParquetFile, type ParquetFile } from './parquet-file.js';
import { type Column, readLabels } from './parquet-labels.js';

export interface TableOptions {
  /** The column that tells classes. Default `label`, or the only one that is called so. */
  readonly labelColumn?: string | undefined;
}

/** @throws DataError when there is no column of images, or no telling which of several it is */
export async function openParquet(
  path: string,
  { labelColumn }: TableOptions = {},
): Promise<ImageSource> {
  return withTable(path, async (file) => {
    const columns = parquetSchema(file.metadata).children;
    const column = await imageColumn(file, columns, path);
    const { labels, remarks } = await readLabels(file, { path, columns }, labelColumn);
    const images = {
      count: Number(file.metadata.num_rows),
      digest: await footerDigest(file),
      locate: (row: number) => ({ kind: 'row', path, column, row }) as const,
    };
    return { images, labels, remarks };
  });
}

/**
 * Tells whether a file has a column that could be one of images. @throws DataError when it is no
 * table
 */
export async function hasImages(path: string): Promise<boolean> {
  return withTable(path, async ({ metadata }) =>
    parquetSchema(metadata).children.some((column) => holdsBytes(column)),
  );
}

async function withTable<Result>(
  path: string,
  read: (file: ParquetFile) => Promise<Result>,
): Promise<Result> {
  const file = await openParquetFile(path);
  try {
    return await read(file);
  } catch (cause) {
    // The reader of the format has no class for what it finds damaged.
    if (cause instanceof DataError || !(cause instanceof Error)) throw cause;
    throw new DataError(`Expected a whole Parquet file in ${path} but got: ${cause.message}.`, {
      cause,
    });
  } finally {
    file.close();
  }
}

/** `image` if there is one, else the only column that could be it. */
async function imageColumn(
  file: ParquetFile,
  columns: readonly Column[],
  path: string,
): Promise<string> {
  const names = (found: readonly Column[]) => found.map(({ element }) => element.name);
  const candidates = names(columns.filter((column) => holdsBytes(column)));
  const [only] = candidates;
  const chosen = candidates.includes('image') || candidates.length > 1 ? 'image' : only;
  if (chosen === undefined || !candidates.includes(chosen)) {
    const advice = await adviceOnPaths(file);
    throw new DataError(
      `Expected a column \`image\` of encoded images in ${path} but got ${list(candidates.length > 1 ? candidates : names(columns))}.\n` +
        (advice ?? 'It holds binary values, or structures of `bytes` and `path`.'),
    );
  }
  await refuseOnlyPaths(file, chosen, path);
  return chosen;
}

/** A table of the names of images looks like one of images, and is none. */
async function refuseOnlyPaths(file: ParquetFile, column: string, path: string): Promise<void> {
  if (!isAlmostEmpty(file, column)) return;
  const rows = await firstRows(file, [column]);
  const values = rows.map(({ [column]: value }) => value);
  const named = values.map((value) => value?.path).filter((name) => typeof name === 'string');
  const hasBytes = values.some((value) => value?.bytes || value instanceof Uint8Array);
  const [first] = named;
  if (hasBytes || first === undefined) return;
  throw new DataError(
    `Expected encoded images in the column \`${column}\` of ${path} but got only paths, such as \`${first}\`.\n` +
      'Write the paths and classes into a list, a line `path class` for each, and name that; or put the bytes into the table.',
  );
}

/**
 * Tells whether the first rows have too few bytes for images, which costs much less than reading
 * them.
 */
function isAlmostEmpty({ metadata }: ParquetFile, column: string): boolean {
  const chunks = metadata.row_groups[0]?.columns.flatMap(({ meta_data }) => meta_data ?? []) ?? [];
  const held = chunks.find(
    ({ path_in_schema: [name, part = 'bytes'] }) => name === column && part === 'bytes',
  );
  return held !== undefined && Number(held.total_uncompressed_size) < 32 * Number(held.num_values);
}

/** Advice for a table that names images by text. */
async function adviceOnPaths(file: ParquetFile): Promise<string | undefined> {
  const [row = {}] = await firstRows(file, undefined);
  const [column, name] =
    Object.entries(row).find(([, value]) => typeof value === 'string' && isImageName(value)) ?? [];
  if (column === undefined) return undefined;
  return `The column \`${column}\` holds only paths, such as \`${name}\`: write them into a list, a line \`path class\` for each, and name that.`;
}

function firstRows({ buffer, metadata }: ParquetFile, columns: string[] | undefined) {
  const rowEnd = Math.min(8, Number(metadata.num_rows));
  const options = { file: buffer, metadata, compressors, rowStart: 0, rowEnd };
  return parquetReadObjects(columns ? { ...options, columns } : options);
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ') || 'no columns';
}

function holdsBytes({ element, children }: Column): boolean {
  if (children.length > 0) {
    return children.some((child) => child.element.name === 'bytes' && holdsBytes(child));
  }
  const isText = element.converted_type !== undefined || element.logical_type !== undefined;
  return element.type === 'BYTE_ARRAY' && !isText;
}

/** The end of the file holds the sizes and places of all columns. */
async function footerDigest({ buffer, metadata }: ParquetFile): Promise<string> {
  const footer = await buffer.slice(buffer.byteLength - metadata.metadata_length - 8);
  return createHash('sha256').update(new Uint8Array(footer)).digest('hex');
}
