/** Files that are read at once, whoever wrote them, up to a length. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { describeFailure, type FileAccess } from './file-errors.js';
import { readFlags, shownPath, systemPath } from './file-names.js';
import { retrySync } from './file-retries.js';

export interface WholeFileOptions {
  /** The class of errors. */
  readonly as: FileAccess['as'];
  /** The bytes that the file may have; default 536,870,888, which are a text of Node at its longest. */
  readonly most?: number;
}

/** Settings, states and records: thousands of times what any of ours has. */
export const mostOfRecord = 2 ** 26;

const longestText = 2 ** 29 - 24;
const pieceBytes = 2 ** 16;

/**
 * Reads a file whose length is compared before memory is taken for it; a pipe is read up to that.
 *
 * @throws an error of the given class when it is longer, or cannot be read
 */
export function wholeBytes(path: string, { as, most = longestText }: WholeFileOptions): Buffer {
  const shown = shownPath(path);
  const read = () => {
    const file = openSync(systemPath(path), isOfUser(path) ? 'r' : readFlags);
    try {
      return bytesOf(file, most);
    } finally {
      closeSync(file);
    }
  };
  const found = describeFailure({ verb: 'read', path: shown, as }, () => retrySync(read));
  if (Buffer.isBuffer(found)) return found;
  const message = `Expected at most ${megabytes(most)} MB in ${shown} but got ${found.size}.`;
  throw new as(message, {});
}

/** Reads a text in UTF-8. @throws as `wholeBytes` does */
export function wholeText(path: string, options: WholeFileOptions): string {
  return wholeBytes(path, options).toString('utf8');
}

/** Whether a path leads to a pipe that a shell has made, and so to someone who writes. */
function isOfUser(path: string): boolean {
  return /^\/(dev|proc)\//.test(path);
}

/** The content, or in words how long a file is that is too long. */
function bytesOf(file: number, most: number): Buffer | { readonly size: string } {
  const found = fstatSync(file);
  if (found.isFile() && found.size > most) return { size: `${megabytes(found.size)} MB` };
  const pieces: Buffer[] = [];
  let length = 0;
  while (length <= most) {
    // One byte more than a file has tells its end.
    const room = found.isFile() ? Math.max(found.size - length + 1, pieceBytes) : pieceBytes;
    const piece = Buffer.allocUnsafe(Math.min(room, most + 1 - length));
    const count = readSync(file, piece);
    if (count === 0) return Buffer.concat(pieces, length);
    pieces.push(piece.subarray(0, count));
    length += count;
  }
  return { size: 'more' };
}

function megabytes(bytes: number): string {
  return `${Number((bytes / 1e6).toPrecision(3))}`;
}
