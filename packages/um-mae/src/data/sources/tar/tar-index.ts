/**
 * The index of a tar shard: the position of every image. It is built once and kept in a small file
 * beside the shard.
 */
import { createHash, randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { setUnfinished } from '@um-mae/torch/files';
import { DataError } from '../../../errors.js';
import { fileError } from '../../../files/file-errors.js';
import { shownPath, systemPath } from '../../../files/file-names.js';
import { wholeBytes } from '../../../files/whole-file.js';
import { TarFile } from './tar-file.js';
import { decodeIndex, encodeIndex, type Fingerprint, type TarIndex } from './tar-index-bytes.js';
import { readShard, type ShardOptions } from './tar-samples.js';

/** The index of a shard, from the file beside it when that fits, else from the shard itself. */
export async function tarIndex(path: string, options: ShardOptions = {}): Promise<TarIndex> {
  const file = new TarFile(path);
  try {
    const fingerprint = fingerprintOf(file, options);
    const kept = readIndex(indexPath(path), fingerprint);
    if (kept) return kept;
    const index = buildIndex(file, options);
    await keepIndex(indexPath(path), encodeIndex(index, fingerprint));
    return index;
  } finally {
    file.close();
  }
}

export function indexPath(shard: string): string {
  return `${shard}.index`;
}

export function fingerprintOf(
  { bytes, modifiedMs }: TarFile,
  { labelColumn, sampleKeys }: ShardOptions,
): Fingerprint {
  const choices = `${labelColumn ?? ''}\0${sampleKeys ?? ''}`;
  const options = createHash('sha256').update(choices).digest('hex').slice(0, 16);
  return { version: 6, bytes, modifiedMs, options };
}

/** @returns undefined when there is no index, or one of another shard, or a damaged one */
export function readIndex(path: string, fingerprint: Fingerprint): TarIndex | undefined {
  let content: Buffer;
  try {
    content = wholeBytes(path, { as: DataError, most: 2 ** 29 });
  } catch {
    return undefined;
  }
  return decodeIndex(content, fingerprint);
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

/** Puts an index beside its shard, in one move. */
async function keepIndex(path: string, content: Uint8Array): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  setUnfinished(aside, true);
  try {
    await writeFile(systemPath(aside), content);
    await rename(systemPath(aside), systemPath(path));
  } catch (error) {
    await rm(systemPath(aside), { force: true });
    // The shards may lie where nothing can be written: then every start finds the images again.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!unwritable.includes(code)) {
      throw fileError({ verb: 'write', path, as: DataError }, error);
    }
  } finally {
    setUnfinished(aside, false);
  }
}

const unwritable: readonly string[] = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'];
