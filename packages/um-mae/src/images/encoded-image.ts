/** The encoded bytes of an image in a file, read without promises: see `ImageReader`. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { systemReason } from '@um-mae/torch/files';
import { readFlags, systemPath } from '../files/file-names.js';
import { retrySync } from '../files/file-retries.js';
import { UnreadableImage } from './unreadable-image.js';

/** More than any encoded image; a buffer could not hold twice as much. */
const largestBytes = 2 ** 30;

/**
 * The bytes of an image that is a file of its own.
 *
 * @throws UnreadableImage when it is missing, too large, or no regular file
 */
export function readImageFile(path: string): Buffer {
  return asUnreadable(() => readWhole(path));
}

/**
 * The bytes of an image that is part of a file.
 *
 * @throws UnreadableImage when the file is missing or ends before
 */
export function readImageMember(path: string, offset: number, bytes: number): Buffer {
  return asUnreadable(() => readMember(path, offset, bytes));
}

/** Hands the bytes of an image on. @throws UnreadableImage when there are none */
export function notEmpty(bytes: Buffer): Buffer {
  if (bytes.length === 0) throw new UnreadableImage('empty (zero bytes)');
  return bytes;
}

function readWhole(path: string): Buffer {
  const descriptor = openSync(systemPath(path), readFlags);
  try {
    const found = fstatSync(descriptor);
    if (found.isDirectory()) throw new UnreadableImage('a folder');
    if (!found.isFile()) throw new UnreadableImage('no regular file');
    checkSize(found.size);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function checkSize(bytes: number): void {
  if (bytes > largestBytes) throw new UnreadableImage(`larger than ${largestBytes} bytes`);
}

function readMember(path: string, offset: number, bytes: number): Buffer {
  checkSize(bytes);
  const descriptor = openSync(systemPath(path), readFlags);
  try {
    const buffer = Buffer.allocUnsafe(bytes);
    const read = readSync(descriptor, buffer, 0, bytes, offset);
    if (read < bytes) throw new UnreadableImage('beyond the end of its archive');
    return buffer;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The same bytes, read again after a pause where the file system may be there again then.
 *
 * @throws UnreadableImage in place of an error of the system
 */
function asUnreadable(read: () => Buffer): Buffer {
  try {
    return retrySync(read);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const system = systemReason(error);
    if (system === undefined) throw error;
    throw new UnreadableImage(reasons[code] ?? `not to be read (${system})`, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'not permitted to be read',
  EIO: 'damaged on its disk',
  ELOOP: 'a link that leads to itself',
  ENAMETOOLONG: 'of a name that is too long',
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  ENXIO: 'no regular file',
  EPERM: 'not permitted to be read',
};
