/**
 * The index of a tar shard: the position of every image. It is built once and kept in a small file
 * beside the shard.
 *
 * Columns of numbers and one text of all names, so that a million images take tens of megabytes.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { DataError } from '../../errors.js';
import { fileError } from '../../file-errors.js';
import { isImageName } from '../image-files.js';
import { TarFile, type TarMember, tarMembers } from './tar.js';
import { tarLabel } from './tar-label.js';

export interface TarIndex {
  /** The offset of every image in the shard, in bytes. */
  readonly offsets: Float64Array;
  /** The length of every image, in bytes. */
  readonly sizes: Float64Array;
  /** The class of every image, -1 for an image without a class. */
  readonly labels: Int32Array;
  /** The offset in `names` at which each name ends. */
  readonly nameEnds: Uint32Array;
  /** All names, in UTF-8, one right after the other. */
  readonly names: Uint8Array;
}

/**
 * The properties of a shard that an index was built for. An index is used only while they are
 * unchanged.
 */
interface Fingerprint {
  readonly version: 2;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** Holds, beside the fingerprint, the size of the columns. */
interface Header extends Fingerprint {
  readonly images: number;
  readonly nameBytes: number;
}

/** The index of a shard, from the file beside it when that fits, else from the shard itself. */
export async function tarIndex(path: string): Promise<TarIndex> {
  const file = new TarFile(path);
  try {
    const { bytes, modifiedMs } = file;
    const fingerprint: Fingerprint = { version: 2, bytes, modifiedMs };
    const kept = readIndex(indexPath(path), fingerprint);
    if (kept) return kept;
    const index = buildIndex(file);
    await keepIndex(indexPath(path), index, fingerprint);
    return index;
  } finally {
    file.close();
  }
}

export function indexPath(shard: string): string {
  return `${shard}.index`;
}

/**
 * Members that follow each other and have one key, the path up to the first dot of the file's name,
 * belong together, as in WebDataset: an image `a.jpg`, its class `a.cls` or `a.json`. Beside
 * `a.jpg`, an `a.mask.png` is no image of its own.
 */
function buildIndex(file: TarFile): TarIndex {
  const images: (TarMember & { readonly label: number })[] = [];
  let key: string | undefined;
  let group: TarMember[] = [];
  const endGroup = () => {
    const label = tarLabel(file, group);
    const pictures = group.filter(({ name }) => isImageName(name) && !isHidden(name));
    const plain = pictures.filter(
      ({ name }) => name.slice(keyOf(name).length).lastIndexOf('.') === 0,
    );
    for (const picture of plain.length > 0 ? plain : pictures) images.push({ ...picture, label });
  };
  for (const member of tarMembers(file)) {
    if (keyOf(member.name) !== key) {
      endGroup();
      group = [];
      key = keyOf(member.name);
    }
    group.push(member);
  }
  endGroup();
  const names = images.map(({ name }) => Buffer.from(printable(name)));
  let end = 0;
  return {
    offsets: Float64Array.from(images, ({ offset }) => offset),
    sizes: Float64Array.from(images, ({ bytes }) => bytes),
    labels: Int32Array.from(images, ({ label }) => label),
    nameEnds: Uint32Array.from(names, ({ length }) => {
      end += length;
      return end;
    }),
    names: Buffer.concat(names),
  };
}

function keyOf(name: string): string {
  const start = name.lastIndexOf('/') + 1;
  // A leading dot begins a hidden file's name, not its extension.
  const dot = name.indexOf('.', start + 1);
  return dot < 0 ? name : name.slice(0, dot);
}

function isHidden(name: string): boolean {
  return name[name.lastIndexOf('/') + 1] === '.';
}

/** A name without what would move the cursor of a terminal. */
function printable(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return name.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}

/** Undefined when there is no index, or one of another shard, or a damaged one. */
function readIndex(path: string, fingerprint: Fingerprint): TarIndex | undefined {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch {
    return undefined;
  }
  const header = parseHeader(content.subarray(0, headerBytes));
  if (!header || !matches(header, fingerprint)) return undefined;
  if (content.length !== headerBytes + 24 * header.images + header.nameBytes) return undefined;
  // Copied, because the columns have to begin at multiples of eight.
  const body = new Uint8Array(content.subarray(headerBytes)).buffer;
  const { images } = header;
  const index = {
    offsets: new Float64Array(body, 0, images),
    sizes: new Float64Array(body, 8 * images, images),
    labels: new Int32Array(body, 16 * images, images),
    nameEnds: new Uint32Array(body, 20 * images, images),
    names: new Uint8Array(body, 24 * images),
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

function matches(header: Header, { version, bytes, modifiedMs }: Fingerprint): boolean {
  return header.version === version && header.bytes === bytes && header.modifiedMs === modifiedMs;
}

/** Puts an index beside its shard, in one move. */
async function keepIndex(path: string, index: TarIndex, fingerprint: Fingerprint): Promise<void> {
  const { offsets, sizes, labels, nameEnds, names } = index;
  const header: Header = { ...fingerprint, images: offsets.length, nameBytes: names.length };
  const columns = [offsets, sizes, labels, nameEnds, names].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  const content = [Buffer.from(JSON.stringify(header).padEnd(headerBytes)), ...columns];
  const aside = `${path}.${randomUUID()}`;
  try {
    await writeFile(aside, Buffer.concat(content));
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    // The shards may lie where nothing can be written: then every start finds the images again.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!unwritable.includes(code)) {
      throw fileError({ verb: 'write', path, as: DataError }, error);
    }
  }
}

const unwritable: readonly string[] = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'];
