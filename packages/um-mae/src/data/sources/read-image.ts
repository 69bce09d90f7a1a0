/** The encoded bytes of one image, from wherever it is kept. */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { UnreadableImage } from '../loading/unreadable.js';
import type { ImageLocation } from './image-set.js';
import { ParquetRows } from './parquet-rows.js';

/**
 * Reads images in a thread that has nothing else to do meanwhile, so it waits for the disk: a file takes a fifth of
 * the time that promises take, and no thread of libuv's pool, which decoding needs.
 */
export class ImageReader {
  private readonly rows = new ParquetRows();

  /** @throws UnreadableImage when the file is missing, shorter than it was, or empty */
  async read(location: ImageLocation): Promise<Buffer> {
    const bytes = await this.bytesOf(location);
    if (bytes.length === 0) throw new UnreadableImage('empty (zero bytes)');
    return bytes;
  }

  private async bytesOf(location: ImageLocation): Promise<Buffer> {
    switch (location.kind) {
      case 'file':
        return describeFailure(() => readWhole(location.path));
      case 'member':
        return describeFailure(() => readMember(location.path, location.offset, location.bytes));
      case 'row':
        return this.readRow(location.path, location.column, location.row);
    }
  }

  private async readRow(path: string, column: string, row: number): Promise<Buffer> {
    try {
      const { buffer, byteOffset, length } = await this.rows.read(path, column, row);
      return Buffer.from(buffer, byteOffset, length);
    } catch (cause) {
      // The reader of the format has no class for what it finds damaged.
      if (!(cause instanceof Error)) throw cause;
      throw new UnreadableImage(`in a damaged table (${cause.message.split('\n')[0]})`, { cause });
    }
  }
}

/** More than any encoded image; a buffer could not hold twice as much. */
const largestBytes = 2 ** 30;

function readWhole(path: string): Buffer {
  // Opening a pipe would wait for someone to write.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
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
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(bytes);
    const read = readSync(descriptor, buffer, 0, bytes, offset);
    if (read < bytes) throw new UnreadableImage('beyond the end of its archive');
    return buffer;
  } finally {
    closeSync(descriptor);
  }
}

function describeFailure(read: () => Buffer): Buffer {
  try {
    return read();
  } catch (error) {
    const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''];
    throw reason ? new UnreadableImage(reason, { cause: error }) : error;
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'not permitted to be read',
  EIO: 'damaged on its disk',
  ELOOP: 'a link that leads to itself',
  ENOENT: 'missing',
  ENXIO: 'no regular file',
  EPERM: 'not permitted to be read',
};
