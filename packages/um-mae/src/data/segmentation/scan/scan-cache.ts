/** Findings of earlier scans, in a hidden file beside the data. */
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type ImageLocation, nameOf } from '../../sources/image-set.js';
import type { PairScan } from './scan.js';

/** A finding, and what has to be the same for it to hold. */
interface Entry {
  readonly stamp: string;
  readonly scan: PairScan;
}

const version = 1;
const fileName = '.um-mae-masks.json';

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
    try {
      await writeFile(aside, JSON.stringify({ version, entries: [...this.entries] }));
      await rename(aside, path);
    } catch {
      await rm(aside, { force: true }).catch(() => {});
    }
  }

  private keyOf(image: ImageLocation, mask: ImageLocation): string {
    return [image, mask].map((place) => relative(this.folder, nameOf(place))).join('\0');
  }
}

function readEntries(path: string): [string, Entry][] {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8'));
    return kept.version === version && Array.isArray(kept.entries) ? kept.entries : [];
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
