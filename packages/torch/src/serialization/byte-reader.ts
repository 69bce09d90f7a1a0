/** Bytes of an open file. */
import { readSync } from 'node:fs';
import { SerializationError } from '../addon/errors.js';
import type { Refuse } from './refusal.js';

/** Fills `bytes` from the file, beginning at `position`. */
export function readAll(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.byteLength; ) {
    const count = readSync(file, bytes, {
      offset: done,
      length: Math.min(bytes.byteLength - done, 2 ** 30),
      position: position + done,
    });
    if (count === 0) throw new SerializationError('Expected a whole file but it shrank meanwhile.');
    done += count;
  }
}

/** `count` bytes of the file, as a copy. */
export function readBytes(file: number, position: number, count: number): Buffer {
  const bytes = Buffer.alloc(count);
  readAll(file, bytes, position);
  return bytes;
}

/** Bytes read ahead at once. */
const windowBytes = 2 ** 16;

/** No name in a pickle is longer. */
const longestLine = 1000;

/** Reads a part of a file byte by byte, with one window of it in memory. */
export class ByteReader {
  #window: Buffer = Buffer.alloc(0);
  /** The position of the next byte in the window. */
  #next = 0;
  /** The position in the file at which the window ends. */
  #windowEnd: number;

  /** The position in the file at which the part ends. */
  readonly end: number;

  constructor(
    readonly file: number,
    part: { readonly begin: number; readonly end: number },
    readonly refuse: Refuse,
  ) {
    this.#windowEnd = part.begin;
    this.end = part.end;
  }

  /** The position of the next byte in the file. */
  get position(): number {
    return this.#windowEnd - (this.#window.length - this.#next);
  }

  byte(): number {
    return this.take(1).readUInt8();
  }

  /** The next `count` bytes; they are good until the next call. */
  take(count: number): Buffer {
    if (this.#next + count > this.#window.length) this.#refill(count);
    this.#next += count;
    return this.#window.subarray(this.#next - count, this.#next);
  }

  /** Reads up to the next line end, which is skipped. */
  line(): string {
    const bytes: number[] = [];
    for (let byte = this.byte(); byte !== 0x0a; byte = this.byte()) {
      if (bytes.push(byte) > longestLine) {
        this.refuse(`names of at most ${longestLine} bytes`, 'a longer one');
      }
    }
    return Buffer.from(bytes).toString('utf8');
  }

  #refill(count: number): void {
    const left = this.end - this.position;
    if (count > left) this.refuse(`bytes up to ${this.position + count}`, `the end at ${this.end}`);
    const { position } = this;
    this.#window = readBytes(this.file, position, Math.min(left, Math.max(count, windowBytes)));
    this.#windowEnd = position + this.#window.length;
    this.#next = 0;
  }
}
