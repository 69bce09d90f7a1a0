/**
 * The sizes of the files of a set, by which images that have been replaced under their names are
 * noticed anywhere in it. Times say nothing: a copy of a set has others.
 */
import { statSync } from 'node:fs';
import { at } from '../../at.js';
import { systemPath } from '../../files/file-names.js';
import { type ImageLocation, type ImageSet, nameOf, spacedPlaces } from './image-set.js';
import { differingPlaces, shortSum } from './place-sums.js';
import type { Remark } from './remarks.js';

/** Half a second for a disk that is at hand. */
const mostWeighed = 200_000;
const mostBlocks = 1000;
const examplesShown = 3;

/** Returns a sum for each of at most a thousand blocks of neighbours, eight hexadecimal digits each. */
export function sizesOf(images: ImageSet): string {
  return blocksOf(images.count)
    .map((places) => sumOf(places, images))
    .join('');
}

/**
 * Notes the parts of a set in which files have another size than before.
 *
 * @param before the sizes of a set of the same names in the same order
 */
export function resizedSince(before: string, now: string, images: ImageSet): Remark[] {
  const changed = differingPlaces(before, now);
  if (changed.length === 0) return [];
  const blocks = blocksOf(images.count);
  const what =
    'parts of the images in which files have other sizes than before under the same names; restore them, or go on with these';
  const nameAt = (place: number) => nameOf(images.locate(place));
  const examples = changed
    .slice(0, examplesShown)
    .map((block) => at(blocks, block))
    .map((places) => `${nameAt(at(places, 0))} to ${nameAt(at(places, places.length - 1))}`);
  return [{ what, count: changed.length, examples }];
}

/** The places of the weighed images, in blocks of neighbours. */
function blocksOf(count: number): number[][] {
  const places = spacedPlaces(count, mostWeighed);
  const starts = spacedPlaces(places.length, mostBlocks);
  return starts.map((start, i) => places.slice(start, starts[i + 1]));
}

function sumOf(places: readonly number[], images: ImageSet): string {
  return shortSum(places.map((place) => `${sizeOf(images.locate(place))}\0`));
}

/** The bytes of an image, or of the table that it is a row of; none where they cannot be told. */
function sizeOf(location: ImageLocation): number {
  if (location.kind === 'member') return location.bytes;
  try {
    return statSync(systemPath(location.path)).size;
  } catch {
    // It is skipped when its turn comes, and said then.
    return 0;
  }
}
