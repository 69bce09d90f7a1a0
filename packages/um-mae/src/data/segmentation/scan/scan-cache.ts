/** Findings of earlier scans, in a hidden file beside the data. */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { crc32 } from 'node:zlib';
import { parseJson, setUnfinished } from '@um-mae/torch/files';
import { z } from 'zod';
import { DataError } from '../../../errors.js';
import { wholeText } from '../../../files/whole-file.js';
import { maskKinds } from '../../../images/masks/mask.js';
import { type ImageLocation, nameOf } from '../../sources/image-set.js';
import type { PairScan } from './scan.js';

/** A finding, and what has to be the same for it to hold. */
interface Entry {
  readonly stamp: string;
  readonly scan: PairScan;
}

const version = 2;
const fileName = '.um-mae-masks.json';

const size = z.object({ width: z.int(), height: z.int() });
const scan = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unreadable'), file: z.enum(['image', 'mask']), reason: z.string() }),
  z.object({
    kind: z.literal('pair'),
    image: size,
    stored: size,
    mask: size,
    maskKind: z.enum(maskKinds),
    isGreyColour: z.boolean(),
    values: z.array(z.tuple([z.number(), z.number()])),
    hasMore: z.boolean(),
  }),
]);
const written = z.object({
  version: z.literal(version),
  checksum: z.number(),
  entries: z.array(z.tuple([z.string(), z.object({ stamp: z.string(), scan })])),
});

/** Scans by the files that they are of, their sizes and times. */
export class ScanCache {
  private isChanged = false;

  private constructor(
    private readonly folder: string,
    private readonly entries: Map<string, Entry>,
  ) {}

  /** Reads what there is in a folder; a damaged file is as none. */
  static open(folder: string): ScanCache {
    return new ScanCache(folder, new Map(readEntries(join(folder, fileName))));
  }

  get(image: ImageLocation, mask: ImageLocation): PairScan | undefined {
    const entry = this.entries.get(this.keyOf(image, mask));
    return entry?.stamp === stampOf(image, mask) ? entry.scan : undefined;
  }

  add(image: ImageLocation, mask: ImageLocation, scan: PairScan): void {
    this.entries.set(this.keyOf(image, mask), { stamp: stampOf(image, mask), scan });
    this.isChanged = true;
  }

  /** Writes what has been added, in one move; where nothing can be written, nothing is kept. */
  async close(): Promise<void> {
    if (!this.isChanged) return;
    const path = join(this.folder, fileName);
    const aside = `${path}.${randomUUID()}`;
    const entries = [...this.entries];
    const text = JSON.stringify({ version, checksum: checksumOf(entries), entries });
    setUnfinished(aside, true);
    try {
      await writeFile(aside, text);
      await rename(aside, path);
    } catch {
      await rm(aside, { force: true }).catch(() => {});
    } finally {
      setUnfinished(aside, false);
    }
  }

  private keyOf(image: ImageLocation, mask: ImageLocation): string {
    return [image, mask].map((place) => relative(this.folder, nameOf(place))).join('\0');
  }
}

/** CRC-32: a finding that is damaged would change what is learned, in silence. */
function checksumOf(entries: readonly (readonly [string, Entry])[]): number {
  return crc32(JSON.stringify(entries));
}

function readEntries(path: string): [string, Entry][] {
  try {
    const { checksum, entries } = written.parse(parseJson(wholeText(path, { as: DataError })));
    return checksum === checksumOf(entries) ? entries : [];
  } catch {
    return [];
  }
}

/** Sizes and times of both files, and of members of an archive their places. */
function stampOf(...places: readonly ImageLocation[]): string {
  return places
    .map((place) => {
      const found = statSync(place.path, { throwIfNoEntry: false });
      const inside = place.kind === 'member' ? `${place.offset} ${place.bytes}` : '';
      return `${found?.size} ${found?.mtimeMs} ${inside}`;
    })
    .join('\0');
}
