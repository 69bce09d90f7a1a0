/** JSON files of annotations, which may be longer than a string can be. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { getHeapStatistics } from 'node:v8';
import { parseJson } from '@um-mae/torch/files';
import { DataError } from '../../../../errors.js';
import { withFileErrors } from '../../../../files/file-errors.js';
import { parseJsonPieces } from './json-pieces.js';
import { readText } from './text-file.js';

/** Longer files are parsed in pieces: their text alone would take as much memory again. */
const longestText = 50e6;

const chunk = 2 ** 22;

/** Bytes of memory for a byte of a file, measured on annotations like those of COCO's own set. */
const expansion = 4;

/**
 * Reads JSON of any kind.
 *
 * @throws DataError when the file does not fit the memory, cannot be read, or is no JSON
 */
export async function readJson(path: string): Promise<unknown> {
  const access = { verb: 'read', path, as: DataError } as const;
  const { size } = await withFileErrors(access, () => stat(path));
  checkMemory(path, size);
  try {
    if (size <= longestText) return parseJson(readText(path));
    const chunks = createReadStream(path, { highWaterMark: chunk });
    return await withFileErrors(access, () => parseJsonPieces(chunks));
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : '';
    throw new DataError(`Expected JSON in ${path} but got what cannot be read (${reason}).`, {
      cause,
    });
  }
}

function checkMemory(path: string, size: number): void {
  const limit = getHeapStatistics().heap_size_limit;
  if (size * expansion <= limit) return;
  const most = Math.floor(limit / expansion / 1e6);
  const needed = Math.ceil((size * expansion) / 1e6);
  throw new DataError(
    `Expected annotations of at most ${most} MB in ${path}, which fit the memory of Node, but got ${Math.round(size / 1e6)} MB.\n` +
      `Divide the file, or set NODE_OPTIONS=--max-old-space-size=${needed}.`,
  );
}
