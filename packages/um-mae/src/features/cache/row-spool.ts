/**
 * Rows of numbers on the disk until it is known how many they are: every format says that first.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { setUnfinished } from '@um-mae/torch/files';
import { FileError } from '../../errors.js';
import { describeFailure } from '../../files/file-errors.js';
import type { FeatureRows } from '../feature-file/feature-table.js';

const rowsPerPiece = 1024;

export class RowSpool implements FeatureRows, Disposable {
  count = 0;
  private readonly file: number;

  /** @param path a file that is replaced now, and gone when this is disposed of */
  constructor(
    private readonly path: string,
    readonly channels: number,
  ) {
    this.file = describeFailure({ verb: 'write', path, as: FileError }, () => openSync(path, 'w+'));
    // Not before: what could not be opened is somebody else's.
    setUnfinished(path, true);
  }

  /** @param rows [any, channels] */
  append(rows: Float32Array): void {
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    describeFailure({ verb: 'write', path: this.path, as: FileError }, () => {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.file, bytes, done);
    });
    this.count += rows.length / this.channels;
  }

  *pieces(): Generator<Float32Array, void, undefined> {
    for (let row = 0; row < this.count; row += rowsPerPiece) {
      const rows = Math.min(rowsPerPiece, this.count - row);
      const values = new Float32Array(rows * this.channels);
      readSync(this.file, values, 0, values.byteLength, 4 * row * this.channels);
      yield values;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.file);
    rmSync(this.path, { force: true });
    setUnfinished(this.path, false);
  }
}
