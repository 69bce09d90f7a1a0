/**
 * The index of a tar shard: the position of every image. It is built once and kept in a small file
 * beside the shard.
 *
 * Columns of numbers and one text of all names, so that a million images take tens of megabytes.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { DataError } from '../../../errors.js';
import { fileError } from '../../../file-errors.js';
import { shownPath, systemPath } from '../../../file-names.js';
import type { Remark } from '../remarks.js';
import { TarFile } from './tar-file.js';
import { readShard, type ShardOptions } from './tar-samples.js';

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
interface Fingerprint {
  readonly version: 5;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** A hash of the options that the shard was read by. */
  readonly options: string;
}

/** Holds, beside the fingerprint, the size of the columns. */
interface Header extends Fingerprint {
  readonly images: number;
  readonly nameBytes: number;
  readonly noteBytes: number;
}

/** The index of a shard, from the file beside it when that fits, else from the shard itself. */
export async function tarIndex(path: string, options: ShardOptions = {}): Promise<TarIndex> {
  const file = new TarFile(path);
  try {
    const { bytes, modifiedMs } = file;
    const fingerprint = { version: 5, bytes, modifiedMs, options: hashOf(options) } as const;
    const kept = readIndex(indexPath(path), fingerprint);
    if (kept) return kept;
    const index = buildIndex(file, options);
    await keepIndex(indexPath(path), index, fingerprint);
    return index;
  } finally {
    file.close();
  }
}

export function indexPath(shard: string): string {
  return `${shard}.index`;
}

function hashOf({ labelColumn, sampleKeys }: ShardOptions): string {
  const choices = `${labelColumn ?? ''}\0${sampleKeys ?? ''}`;
  return createHash('sha256').update(choices).digest('hex').slice(0, 16);
}

function buildIndex(file: TarFile, options: ShardOptions): TarIndex {
  const { images, remarks } = readShard(file, options);
  const words = [...new Set(images.flatMap(({ label }) => label ?? []))].sort();
  const places = new Map(words.map((word, place) => [word, place]));
  const names = images.map(({ name }) => Buffer.from(printable(name)));
  let end = 0;
  return {
    offsets: Float64Array.from(images, ({ offset }) => offset),
    sizes: Float64Array.from(images, ({ bytes }) => bytes),
    labels: Int32Array.from(images, ({ label }) => places.get(label ?? '') ?? -1),
    nameEnds: Uint32Array.from(names, ({ length }) => {
      end += length;
      return end;
    }),
    names: Buffer.concat(names),
    words,
    remarks: remarks.list().map((remark) => ({
      ...remark,
      examples: remark.examples.map(printable),
    })),
  };
}

/** A name without what would move the cursor of a terminal; bytes that are no UTF-8 as `\xfc`. */
export function printable(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return shownPath(name).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}

/** Undefined when there is no index, or one of another shard, or a damaged one. */
function readIndex(path: string, fingerprint: Fingerprint): TarIndex | undefined {
  let content: Buffer;
  try {
    content = readFileSync(systemPath(path));
  } catch {
    return undefined;
  }
  const header = parseHeader(content.subarray(0, headerBytes));
  if (!header || !matches(header, fingerprint)) return undefined;
  const { images, nameBytes, noteBytes } = header;
  const columnBytes = headerBytes + 24 * images + nameBytes;
  if (content.length !== columnBytes + noteBytes) return undefined;
  const notes = parseNotes(content.subarray(columnBytes));
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
  const inside = index.offsets.every((at, i) => {
    const size = index.sizes[i] as number;
    return at >= 0 && size >= 0 && at + size <= header.bytes;
  });
  return inside ? index : undefined;
}

const headerBytes = 256;

function parseHeader(content: Buffer): Header | undefined {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined;
  }
}

function matches(header: Header, fingerprint: Fingerprint): boolean {
  const { version, bytes, modifiedMs, options } = fingerprint;
  const isOfShard = header.bytes === bytes && header.modifiedMs === modifiedMs;
  return header.version === version && isOfShard && header.options === options;
}

/** The part of an index that is no column of numbers. */
function parseNotes(content: Uint8Array): Pick<TarIndex, 'words' | 'remarks'> {
  return JSON.parse(new TextDecoder().decode(content));
}

/** Puts an index beside its shard, in one move. */
async function keepIndex(path: string, index: TarIndex, fingerprint: Fingerprint): Promise<void> {
  const { offsets, sizes, labels, nameEnds, names, words, remarks } = index;
  const notes = Buffer.from(JSON.stringify({ words, remarks }));
  const sizesOf = { images: offsets.length, nameBytes: names.length, noteBytes: notes.length };
  const header: Header = { ...fingerprint, ...sizesOf };
  const columns = [offsets, sizes, labels, nameEnds, names, notes].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  const content = [Buffer.from(JSON.stringify(header).padEnd(headerBytes)), ...columns];
  const aside = `${path}.${randomUUID()}`;
  try {
    await writeFile(systemPath(aside), Buffer.concat(content));
    await rename(systemPath(aside), systemPath(path));
  } catch (error) {
    await rm(systemPath(aside), { force: true });
    // The shards may lie where nothing can be written: then every start finds the images again.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!unwritable.includes(code)) {
      throw fileError({ verb: 'write', path, as: DataError }, error);
    }
  }
}

const unwritable: readonly string[] = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'];
