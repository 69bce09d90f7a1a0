/** The index of a tar shard as bytes: a header in JSON on the shard that it is of, then columns. */
import { crc32 } from 'node:zlib';
import { parseJson } from '@um-mae/torch/files';
import { z } from 'zod';
import type { Remark } from '../remarks.js';

/** Columns of numbers and one text of all names: a million images take tens of megabytes. */
export interface TarIndex {
  /** The offset of every image in the shard, in bytes. */
  readonly offsets: Float64Array;
  /** The length of every image, in bytes. */
  readonly sizes: Float64Array;
  /** Places in `words` of the label of every image, -1 for an image without one. */
  readonly labels: Int32Array;
  /** The offset in `names` at which each name ends. */
  readonly nameEnds: Uint32Array;
  /** All names, in UTF-8, one right after the other. */
  readonly names: Uint8Array;
  /** Every label that is written in the shard, once. */
  readonly words: readonly string[];
  /** Notes for a person on how the shard was read. */
  readonly remarks: readonly Remark[];
}

/**
 * The properties of a shard that an index was built for. An index is used only while they are
 * unchanged.
 */
const fingerprintShape = z.object({
  version: z.literal(6),
  bytes: z.int().nonnegative(),
  modifiedMs: z.number(),
  /** A hash of the options that the shard was read by. */
  options: z.string(),
});

export type Fingerprint = Readonly<z.infer<typeof fingerprintShape>>;

/** Holds, beside the fingerprint, the size of the columns, and the CRC-32 of all that follows. */
const headerShape = fingerprintShape.extend({
  images: z.int().nonnegative(),
  nameBytes: z.int().nonnegative(),
  noteBytes: z.int().nonnegative(),
  checksum: z.int(),
});

type Header = z.infer<typeof headerShape>;

/** The part of an index that is no column of numbers. */
const notesShape = z.object({
  words: z.array(z.string()),
  remarks: z.array(
    z.object({
      what: z.string(),
      count: z.int(),
      examples: z.array(z.string()),
      aboutClasses: z.boolean().exactOptional(),
    }),
  ),
});

const headerBytes = 256;

export function encodeIndex(index: TarIndex, fingerprint: Fingerprint): Buffer {
  const { offsets, sizes, labels, nameEnds, names, words, remarks } = index;
  const notes = Buffer.from(JSON.stringify({ words, remarks }));
  const columns = [offsets, sizes, labels, nameEnds, names, notes].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  const header: Header = {
    ...fingerprint,
    images: offsets.length,
    nameBytes: names.length,
    noteBytes: notes.length,
    checksum: columns.reduce((sum, column) => crc32(column, sum), 0),
  };
  return Buffer.concat([Buffer.from(JSON.stringify(header).padEnd(headerBytes)), ...columns]);
}

/** @returns undefined for the index of another shard or version, and one with any damage */
export function decodeIndex(content: Buffer, fingerprint: Fingerprint): TarIndex | undefined {
  const header = parseBy(headerShape, content.subarray(0, headerBytes));
  if (!header || !matches(header, fingerprint)) return undefined;
  const { images, nameBytes, noteBytes, checksum } = header;
  const columnBytes = headerBytes + 24 * images + nameBytes;
  if (content.length !== columnBytes + noteBytes) return undefined;
  if (crc32(content.subarray(headerBytes)) !== checksum) return undefined;
  const notes = parseBy(notesShape, content.subarray(columnBytes));
  if (!notes) return undefined;
  // Copied, because the columns have to begin at multiples of eight.
  const body = new Uint8Array(content.subarray(headerBytes)).buffer;
  const index = {
    ...notes,
    offsets: new Float64Array(body, 0, images),
    sizes: new Float64Array(body, 8 * images, images),
    labels: new Int32Array(body, 16 * images, images),
    nameEnds: new Uint32Array(body, 20 * images, images),
    names: new Uint8Array(body, 24 * images, nameBytes),
  };
  return isInside(index, header.bytes) ? index : undefined;
}

/** Whether every image lies in the shard, and its name and label in the index. */
function isInside({ offsets, sizes, labels, nameEnds, names, words }: TarIndex, bytes: number) {
  let nameEnd = 0;
  return offsets.every((at, i) => {
    const [size, label, start] = [sizes[i] as number, labels[i] as number, nameEnd];
    nameEnd = nameEnds[i] as number;
    const isImage = isCount(at) && isCount(size) && at + size <= bytes;
    const isNamed = nameEnd >= start && nameEnd <= names.length;
    return isImage && isNamed && label >= -1 && label < words.length;
  });
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function parseBy<Value>(schema: z.ZodType<Value>, content: Uint8Array): Value | undefined {
  try {
    return schema.safeParse(parseJson(new TextDecoder().decode(content))).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function matches(header: Header, fingerprint: Fingerprint): boolean {
  const { version, bytes, modifiedMs, options } = fingerprint;
  const isOfShard = header.bytes === bytes && header.modifiedMs === modifiedMs;
  return header.version === version && isOfShard && header.options === options;
}
