/**
 * Refuses pairs of which the image and the mask do not belong together, before anything is learnt.
 */
import { basename } from 'node:path';
import { at } from '../../../at.js';
import { DataError } from '../../../errors.js';
import type { Size } from '../../../images/geometry/resize.js';
import { nameOf } from '../../sources/image-set.js';
import type { ReadablePair } from './scan.js';
import { imageName, readablePairs, type ScannedSet } from './value-tally.js';

/** Whether EXIF data turn images, as people see them, or are passed over. */
export type ExifRule = 'upright' | 'ignore';

/**
 * @throws DataError for masks that are JPEG files, for a set of which nothing can be read, and for
 * images and masks of different sizes
 */
export function checkPairs(scanned: ScannedSet, exif: ExifRule): void {
  const { set, scans } = scanned;
  const jpeg = scans.findIndex(
    (scan) => scan.kind === 'unreadable' && /a JPEG file/.test(scan.reason),
  );
  if (jpeg >= 0) {
    throw new DataError(
      `Expected masks that keep their values in ${set.path} but got a JPEG file: ${nameOf(set.maskOf(jpeg))}.\nSave masks as PNG.`,
    );
  }
  const pairs = readablePairs(scanned);
  if (pairs.length === 0) {
    const [first] = scans;
    const reason =
      first?.kind === 'unreadable'
        ? `a ${first.file} that is ${first.reason}: ${nameOf(first.file === 'mask' ? set.maskOf(0) : set.images.locate(0))}`
        : 'none';
    throw new DataError(
      `Expected images and masks that can be read in ${set.path} but got ${reason}.`,
    );
  }
  const different = pairs.filter(({ scan }) => !isSame(sizeOf(scan, exif), scan.mask));
  if (different.length > 0) throw sizesDiffer(scanned, different, exif);
}

/** The size of the image that its mask has to have. */
export function sizeOf(scan: ReadablePair, exif: ExifRule): Size {
  return exif === 'upright' ? scan.image : scan.stored;
}

function isSame(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

function sizesDiffer(
  { set }: ScannedSet,
  different: readonly { index: number; scan: ReadablePair }[],
  exif: ExifRule,
): DataError {
  const { index, scan } = at(different, 0);
  const text = ({ width, height }: Size) => `${width} x ${height}`;
  const more = different.length > 1 ? `, as in ${different.length - 1} other pairs` : '';
  const image = imageName(set.images, index);
  const mask = basename(nameOf(set.maskOf(index)));
  if (exif === 'upright' && isSame(scan.stored, scan.mask)) {
    return new DataError(
      `Expected the mask ${mask} to have the ${text(scan.image)} pixels of ${image} but got ${text(scan.mask)}, which is the image before its EXIF data turn it${more}.\nSet data.exif to ignore, or turn the masks.`,
    );
  }
  return new DataError(
    `Expected the mask ${mask} to have the ${text(sizeOf(scan, exif))} pixels of ${image} but got ${text(scan.mask)}${more}.\nNothing is stretched: save masks in the size of their images.`,
  );
}
