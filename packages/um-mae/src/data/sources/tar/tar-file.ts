/** The bytes of a tar archive, a little at a time. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DataError } from '../../../errors.js';
import { describeFailure } from '../../../files/file-errors.js';
import { readFlags, shownPath, systemPath } from '../../../files/file-names.js';
import { retrySync } from '../../../files/file-retries.js';

/** An archive that is open for reading. It reads a little more at a time than requested. */
export class TarFile {
  readonly bytes: number;
  readonly modifiedMs: number;
  private readonly descriptor: number;
  /** The bytes read last, which begin at offset `start` of the file. */
  private readonly window = Buffer.alloc(16_384);
  private start = 0;
  private length = 0;

  /** @throws DataError when it cannot be opened */
  constructor(readonly path: string) {
    const access = { verb: 'read', path: shownPath(path), as: DataError } as const;
    this.descriptor = describeFailure(access, () =>
      retrySync(() => openSync(systemPath(path), readFlags)),
    );
    const { size, mtimeMs } = fstatSync(this.descriptor);
    this.bytes = size;
    this.modifiedMs = mtimeMs;
  }

  /** Fewer bytes at the end of the file. Valid until the next call. */
  read(offset: number, bytes: number): Buffer {
    if (bytes > this.window.length) {
      const buffer = Buffer.alloc(bytes);
      return buffer.subarray(0, this.fill(buffer, offset));
    }
    if (offset < this.start || offset + bytes > this.start + this.length) {
      this.start = offset;
      this.length = this.fill(this.window, offset);
    }
    const from = offset - this.start;
    return this.window.subarray(from, Math.min(from + bytes, this.length));
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private fill(buffer: Buffer, offset: number): number {
    const access = { verb: 'read', path: shownPath(this.path), as: DataError } as const;
    return describeFailure(access, () =>
      retrySync(() => readSync(this.descriptor, buffer, 0, buffer.length, offset)),
    );
  }
}
