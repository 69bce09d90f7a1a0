/**
 * A sample of what images of a set hold, by which others under the same names are noticed: the size
 * and the beginning of up to a thousand of them, at equal distances. Reading it takes a second from
 * a disk that seeks.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { at } from '../../at.js';
import { readFlags, systemPath } from '../../files/file-names.js';
import { type ImageLocation, type ImageSet, nameOf, spacedPlaces } from './image-set.js';
import { differingPlaces, shortSum, unread } from './place-sums.js';
import type { Remark } from './remarks.js';

const mostSampled = 1000;
/** Headers of photos, with their time, and the first pixels lie there. */
const headBytes = 2 ** 15;
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
  const changed = differingPlaces(before, now);
  if (changed.length === 0) return [];
  const what = `images that hold others than before under the same names, of ${places.length} compared; restore them, or go on with these`;
  const examples = changed
    .slice(0, examplesShown)
    .map((sampled) => nameOf(images.locate(at(places, sampled))));
  return [{ what, count: changed.length, examples }];
}

/** The places of the sampled images in their set. */
function sampledPlaces(count: number): number[] {
  return spacedPlaces(count, mostSampled);
}

/** The sum of an image; of one that cannot be read, always the same. */
function sumOf(location: ImageLocation, sampled: number): string {
  try {
    const file = openSync(systemPath(location.path), readFlags);
    try {
      const { size } = fstatSync(file);
      const head = new Uint8Array(headBytes);
      const start = startOf(location, { size, sampled });
      const read = readSync(file, head, 0, headBytes, start);
      const bytes = location.kind === 'member' ? location.bytes : size;
      return shortSum([`${bytes}\0`, head.subarray(0, read)]);
    } finally {
      closeSync(file);
    }
  } catch {
    // It is skipped when its turn comes, and said then.
    return unread;
  }
}

/** The place at which an image begins in its file; rows of tables have none of their own. */
function startOf(
  location: ImageLocation,
  { size, sampled }: { readonly size: number; readonly sampled: number },
): number {
  if (location.kind === 'member') return location.offset;
  return location.kind === 'row' ? Math.floor((size * sampled) / mostSampled) : 0;
}
