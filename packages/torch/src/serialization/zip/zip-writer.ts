/**
 * Zip files as PyTorch writes them: entries stored as they are, each at a multiple of 64 bytes.
 *
 * Source: PKWARE, APPNOTE.TXT, sections 4.3 and 4.5.3. Every entry is a zip64 one, whatever its
 * size.
 */
import { crc32 } from 'node:zlib';

/** Readers may map storages into memory and want them aligned. */
const alignment = 64;

/** Id of the extra field that PyTorch pads with. */
const paddingField = 0x4246;

/** Version 4.5 of the format: zip64. */
const version = 45;

/** 1980-01-01, the earliest date there is: equal contents make equal files. */
const date = 0x21;

const widened = 0xffffffff;

export class ZipWriter {
  readonly #append: (bytes: Uint8Array) => void;
  readonly #directory: Buffer[] = [];
  #position = 0;

  /** @param append is given the file piece by piece */
  constructor(append: (bytes: Uint8Array) => void) {
    this.#append = append;
  }

  add(name: string, data: Uint8Array): void {
    const header = this.#position;
    const checksum = crc32(data);
    const encoded = Buffer.from(name);
    const sizes = zip64Field([data.length, data.length]);
    const padding = paddingTo(header + 30 + encoded.length + sizes.length);
    const extra = Buffer.concat([sizes, padding]);
    const fixed = commonFields({ checksum, nameBytes: encoded.length, extraBytes: extra.length });
    this.#write(Buffer.concat([record(0x04034b50, 4), fixed, encoded, extra]));
    this.#write(data);
    this.#list(encoded, checksum, [data.length, data.length, header]);
  }

  /** Writes the list of entries; nothing can be added after. */
  finish(): void {
    const begin = this.#position;
    for (const entry of this.#directory) this.#write(entry);
    const bytes = this.#position - begin;
    const entries = this.#directory.length;
    const end = record(0x06064b50, 56);
    end.writeBigUInt64LE(BigInt(56 - 12), 4);
    end.writeUInt16LE(version, 12);
    end.writeUInt16LE(version, 14);
    for (const [i, value] of [entries, entries, bytes, begin].entries()) {
      end.writeBigUInt64LE(BigInt(value), 24 + 8 * i);
    }
    const locator = record(0x07064b50, 20);
    locator.writeBigUInt64LE(BigInt(this.#position), 8);
    locator.writeUInt32LE(1, 16);
    const old = record(0x06054b50, 22);
    old.writeUInt16LE(0xffff, 8);
    old.writeUInt16LE(0xffff, 10);
    old.writeUInt32LE(widened, 12);
    old.writeUInt32LE(widened, 16);
    this.#write(Buffer.concat([end, locator, old]));
  }

  #list(name: Buffer, checksum: number, wide: readonly number[]): void {
    const start = record(0x02014b50, 6);
    start.writeUInt16LE(version, 4);
    const extra = zip64Field(wide);
    const fixed = commonFields({ checksum, nameBytes: name.length, extraBytes: extra.length });
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(widened, 10); // Where the header is, see `extra`.
    this.#directory.push(Buffer.concat([start, fixed, rest, name, extra]));
  }

  #write(bytes: Uint8Array): void {
    this.#append(bytes);
    this.#position += bytes.length;
  }
}

function record(signature: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUInt32LE(signature);
  return buffer;
}

/** The 26 bytes that a local header and its line in the directory have in common. */
function commonFields(entry: { checksum: number; nameBytes: number; extraBytes: number }): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(version, 0);
  fields.writeUInt16LE(0x0800, 2); // Names are UTF-8.
  fields.writeUInt16LE(date, 8);
  fields.writeUInt32LE(entry.checksum, 10);
  fields.writeUInt32LE(widened, 14);
  fields.writeUInt32LE(widened, 18);
  fields.writeUInt16LE(entry.nameBytes, 22);
  fields.writeUInt16LE(entry.extraBytes, 24);
  return fields;
}

function zip64Field(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return field;
}

/** An extra field of its own, so that what follows `position` and it is aligned. */
function paddingTo(position: number): Buffer {
  const length = (alignment - ((position + 4) % alignment)) % alignment;
  const field = Buffer.alloc(4 + length, 'Z');
  field.writeUInt16LE(paddingField, 0);
  field.writeUInt16LE(length, 2);
  return field;
}
