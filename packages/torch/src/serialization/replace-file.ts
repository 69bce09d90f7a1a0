/** Files that are either the old one or the new one, whatever happens in between. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { SerializationError } from '../addon/errors.js';
import { setUnfinished } from './unfinished.js';

/**
 * Writes a file aside and puts it in place in one move, after it has reached the disk.
 *
 * @param write is given what appends bytes to the file
 * @throws SerializationError naming the path and the system's reason; the old file is as it was
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs';
 * import { encodeHeader, parseHeader, parseJson, replaceFile } from '@um-mae/torch/files';
 * import { systemReason } from '@um-mae/torch/files';
 *
 * // A file in the form of safetensors, of more numbers than memory holds.
 * const entry = { dtype: 'f32', shape: [2, 2], elements: 4 } as const;
 * replaceFile('large.safetensors', (append) => {
 *   append(encodeHeader([['features', entry]]));
 *   for (const row of [[1, 2], [3, 4]]) append(new Uint8Array(new Float32Array(row).buffer));
 * });
 * const bytes = readFileSync('large.safetensors');
 * const length = Number(bytes.readBigUInt64LE()); // of the header
 * const [header, data] = [bytes.subarray(8, 8 + length), bytes.subarray(8 + length)];
 * const { entries } = parseHeader(header, data.length, 'large.safetensors');
 * console.log(entries.length, parseJson('{"a": [1]}'));
 * try {
 *   readFileSync('missing');
 * } catch (error) {
 *   console.log(systemReason(error)); // no such file or directory
 * }
 * ```
 */
export function replaceFile(
  path: string,
  write: (append: (bytes: Uint8Array) => void) => void,
): void {
  const aside = `${path}.partial`;
  describeFailure('write', path, () => {
    setUnfinished(aside, true);
    try {
      withFile(aside, 'w', (file) => {
        write((bytes) => writeAll(file, bytes));
        fsyncSync(file);
      });
      renameSync(aside, path);
      // Until its folder is on the disk too, a power cut could undo the move.
      withFile(dirname(path), 'r', fsyncSync);
    } catch (error) {
      rmSync(aside, { force: true });
      throw error;
    } finally {
      setUnfinished(aside, false);
    }
  });
}

/** Opens a file for the time of `body`, with flags of `node:fs`. */
export function withFile<Result>(
  path: string,
  flags: 'r' | 'w' | number,
  body: (file: number) => Result,
): Result {
  const file = openSync(path, flags);
  try {
    return body(file);
  } finally {
    closeSync(file);
  }
}

/** Turns an error of the system into one sentence: `... but got: no space left on device.` */
export function describeFailure<Result>(
  verb: 'read' | 'write',
  path: string,
  body: () => Result,
): Result {
  try {
    return body();
  } catch (cause) {
    const reason = systemReason(cause);
    if (reason === undefined) throw cause;
    throw new SerializationError(`Expected to ${verb} ${path} but got: ${reason}.`, { cause });
  }
}

/**
 * Returns the system's words for one of its failures, as part of a sentence: `no space left on
 * device`.
 *
 * @returns undefined for an error that the system has not made
 */
export function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (
    'code' in error &&
    error.code === 'ERR_INVALID_ARG_VALUE' &&
    /null byte/.test(error.message)
  ) {
    return 'a null byte in the name';
  }
  if (!('errno' in error)) return undefined;
  const number = Number(error.errno);
  const known = getSystemErrorMap().get(number)?.[1];
  if (known !== undefined) return known;
  const name = Object.entries(constants.errno).find(([, value]) => value === -number)?.[0];
  return name === 'ESTALE' ? 'stale file handle' : `error ${name ?? -number} of the system`;
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength; ) done += writeSync(file, bytes, done);
}
