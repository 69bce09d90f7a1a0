/**
 * A sample of what images of a set hold, by which others under the same names are noticed: the size
 * and the beginning of up to a thousand of them, at equal distances. Reading it takes a second from
 * a disk that seeks.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readFlags, systemPath } from '../../file-names.js';
import { type ImageLocation, type ImageSet, nameOf, spacedPlaces } from './image-set.js';
import type { Remark } from './remarks.js';

const mostSampled = 1000;
/** Headers of photos, with their time, and the first pixels lie there. */
const headBytes = 2 ** 15;
/** Hexadecimal digits of a sum. */
const digits = 8;
const examplesShown = 3;

/** Returns a sum for each image of the sample, eight hexadecimal digits each. */
export function sampleOf(images: ImageSet): string {
  return sampledPlaces(images.count)
    .map((index, sampled) => sumOf(images.locate(index), sampled))
    .join('');
}

/**
 * Notes the images that hold something else than when a sample was taken.
 *
 * @param before a sample of a set of the same names in the same order
 */
export function changedSince(before: string, now: string, images: ImageSet): Remark[] {
  const places = sampledPlaces(images.count);
  const sum = (sample: string, i: number) => sample.slice(digits * i, digits * (i + 1));
  const changed = places.filter((_, i) => sum(before, i) !== sum(now, i));
  if (before.length !== now.length || changed.length === 0) return [];
  const what = `images that hold others than before under the same names, of ${places.length} compared; restore them, or go on with these`;
  const examples = changed.slice(0, examplesShown).map((index) => nameOf(images.locate(index)));
  return [{ what, count: changed.length, examples }];
}

/** The places of the sampled images in their set. */
function sampledPlaces(count: number): number[] {
  return spacedPlaces(count, mostSampled);
}

/** The sum of an image; of one that cannot be read, always the same. */
function sumOf(location: ImageLocation, sampled: number): string {
  const hash = createHash('sha256');
  try {
    const file = openSync(systemPath(location.path), readFlags);
    try {
      const { size } = fstatSync(file);
      hash.update(`${location.kind === 'member' ? location.bytes : size}\0`);
      const head = new Uint8Array(headBytes);
      const start = startOf(location, { size, sampled });
      hash.update(head.subarray(0, readSync(file, head, 0, headBytes, start)));
    } finally {
      closeSync(file);
    }
  } catch {
    // It is skipped when its turn comes, and said then.
    return '0'.repeat(digits);
  }
  return hash.digest('hex').slice(0, digits);
}

/** The place at which an image begins in its file; rows of tables have none of their own. */
function startOf(
  location: ImageLocation,
  { size, sampled }: { readonly size: number; readonly sampled: number },
): number {
  if (location.kind === 'member') return location.offset;
  return location.kind === 'row' ? Math.floor((size * sampled) / mostSampled) : 0;
}
