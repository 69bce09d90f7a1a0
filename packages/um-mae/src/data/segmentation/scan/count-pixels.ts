/** Pixels of each class in a set, from the scan of its masks. */
import { at } from '../../../at.js';
import { nameOf } from '../../sources/image-set.js';
import type { ResolvedClasses } from '../classes/resolve-classes.js';
import { plainValue, readablePairs, type ScannedSet } from './value-tally.js';

/** Pixels by class. */
export interface PixelCounts {
  readonly pixels: readonly number[];
  readonly ignoredPixels: number;
  /** Masks in which no pixel has a class. */
  readonly masksAllIgnored: readonly string[];
}

/** Pixels of each class in a set, and masks that have none. */
export function countPixels(
  scanned: ScannedSet,
  { rules, table, isGrey }: ResolvedClasses,
): PixelCounts {
  const pixels = rules.classes.map(() => 0);
  const masksAllIgnored: string[] = [];
  let ignoredPixels = 0;
  for (const { index, scan } of readablePairs(scanned)) {
    let isLabelled = false;
    for (const [stored, count] of scan.values) {
      const number = table.get(plainValue(stored, isGrey)) ?? -1;
      if (number < 0) ignoredPixels += count;
      else pixels[number] = at(pixels, number) + count;
      isLabelled ||= number >= 0;
    }
    if (!isLabelled) masksAllIgnored.push(nameOf(scanned.set.maskOf(index)));
  }
  return { pixels, ignoredPixels, masksAllIgnored };
}
