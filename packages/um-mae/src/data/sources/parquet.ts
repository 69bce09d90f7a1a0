/**
 * Parquet files with a column of encoded images, as Hugging Face writes them: structures of `bytes`
 * and `path`, or the bytes alone; beside it perhaps `label`, a whole number.
 */
import { createHash } from 'node:crypto';
import { parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DataError } from '../../errors.js';
import type { ImageSource } from './image-set.js';
import { openParquetFile, type ParquetFile } from './parquet-file.js';

type Column = ReturnType<typeof parquetSchema>;

/** @throws DataError when there is no column of images, or no telling which of several it is */
export async function openParquet(path: string): Promise<ImageSource> {
  const file = await openParquetFile(path);
  try {
    const columns = parquetSchema(file.metadata).children;
    const column = imageColumn(columns, path);
    const labels = columns.some(isLabel) ? await readLabels(file) : [];
    return {
      images: {
        count: Number(file.metadata.num_rows),
        digest: await footerDigest(file),
        locate: (row) => ({ kind: 'row', path, column, row }),
      },
      labelOf: (row) => labels[row],
      classes: [],
    };
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
function imageColumn(columns: readonly Column[], path: string): string {
  const names = (found: readonly Column[]) => found.map(({ element }) => element.name);
  const candidates = names(columns.filter((column) => holdsBytes(column)));
  if (candidates.includes('image')) return 'image';
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  throw new DataError(
    `Expected a column \`image\` of encoded images in ${path} but got ${list(candidates.length > 1 ? candidates : names(columns))}.\n` +
      'It holds binary values, or structures of `bytes` and `path`.',
  );
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

function isLabel({ element, children }: Column): boolean {
  const isWhole = element.type === 'INT32' || element.type === 'INT64';
  return element.name === 'label' && children.length === 0 && isWhole;
}

/** Negative labels, with which Hugging Face marks images whose class is secret, are none. */
async function readLabels({ buffer, metadata }: ParquetFile): Promise<(number | undefined)[]> {
  const options = { file: buffer, metadata, columns: ['label'], compressors };
  const rows = await parquetReadObjects(options);
  return rows.map(({ label }) => {
    const number = Number(label ?? -1);
    return number >= 0 ? number : undefined;
  });
}

/** The end of the file holds the sizes and places of all columns. */
async function footerDigest({ buffer, metadata }: ParquetFile): Promise<string> {
  const footer = await buffer.slice(buffer.byteLength - metadata.metadata_length - 8);
  return createHash('sha256').update(new Uint8Array(footer)).digest('hex');
}
