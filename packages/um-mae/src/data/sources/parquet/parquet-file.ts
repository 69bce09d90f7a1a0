/** A Parquet file that is open: its bytes and what its end says of them. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync } from 'hyparquet';
import { DataError } from '../../../errors.js';
import { describeFailure } from '../../../files/file-errors.js';
import { readFlags, systemPath } from '../../../files/file-names.js';
import { retrySync } from '../../../files/file-retries.js';
import { checkPages, columnPages } from './parquet-pages.js';

export interface ParquetFile {
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  close(): void;
}

/** @throws DataError when it cannot be read or is of another format */
export async function openParquetFile(path: string): Promise<ParquetFile> {
  const descriptor = open(path);
  const close = () => closeSync(descriptor);
  const byteLength = fstatSync(descriptor).size;
  const buffer: AsyncBuffer = {
    byteLength,
    slice(start, end = byteLength) {
      if (!(start >= 0 && start <= end && end <= byteLength)) {
        throw new RangeError(`bytes ${start} to ${end} of ${byteLength}`);
      }
      const bytes = new Uint8Array(end - start);
      retrySync(() => readSync(descriptor, bytes, 0, bytes.length, start));
      return bytes.buffer;
    },
  };
  try {
    const metadata = await parquetMetadataAsync(buffer);
    const columns = columnPages(metadata, byteLength);
    const checked: AsyncBuffer = {
      byteLength,
      async slice(start, end) {
        const bytes = await buffer.slice(start, end);
        checkPages(bytes, start, columns);
        return bytes;
      },
    };
    return { buffer: checked, metadata, close };
  } catch (cause) {
    close();
    if (!(cause instanceof Error)) throw cause;
    throw new DataError(`Expected a Parquet file in ${path} but got: ${cause.message}.`, { cause });
  }
}

function open(path: string): number {
  return describeFailure({ verb: 'read', path, as: DataError }, () =>
    retrySync(() => openSync(systemPath(path), readFlags)),
  );
}
