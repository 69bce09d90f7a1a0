/** The values that the masks of a set hold, with their pixels. */
import { colourOfValue } from '../../../images/masks/mask.js';
import { type ImageSet, nameOf } from '../../sources/image-set.js';
import type { PairedImages } from '../paired-images.js';
import type { PairScan, ReadablePair } from './scan.js';

/** Occurrences of a value. */
export interface Tally {
  readonly pixels: number;
  readonly masks: number;
  /** The first mask that holds it, and its pixels there. */
  readonly first: { readonly mask: string; readonly pixels: number };
}

/** A set with the findings of its scan. */
export interface ScannedSet {
  readonly set: PairedImages;
  readonly scans: readonly PairScan[];
}

/** Pairs that can be read, with their places in the set. */
export function readablePairs({
  scans,
}: ScannedSet): readonly { index: number; scan: ReadablePair }[] {
  return scans.flatMap((scan, index) => (scan.kind === 'pair' ? [{ index, scan }] : []));
}

/**
 * Whether all colours of all sets are grey, so that they are levels that were written in three
 * channels.
 */
export function holdsGreyAsColours(sets: readonly ScannedSet[]): boolean {
  const coloured = sets
    .flatMap((scanned) => readablePairs(scanned))
    .filter(({ scan }) => scan.maskKind === 'colour');
  return coloured.length > 0 && coloured.every(({ scan }) => scan.isGreyColour);
}

/** A colour of three equal levels as the level, where the masks of a set mean that. */
export function plainValue(value: number, isGrey: boolean): number {
  const colour = colourOfValue(value);
  return colour !== undefined && isGrey ? colour & 255 : value;
}

/** Counts the values of all masks. */
export function tallyValues(
  sets: readonly ScannedSet[],
  isGrey: boolean,
): ReadonlyMap<number, Tally> {
  const tallies = new Map<number, Tally>();
  for (const scanned of sets) {
    for (const { index, scan } of readablePairs(scanned)) {
      for (const [stored, pixels] of scan.values) {
        const value = plainValue(stored, isGrey);
        const before = tallies.get(value);
        const first = before?.first ?? { mask: nameOf(scanned.set.maskOf(index)), pixels };
        const total = (before?.pixels ?? 0) + pixels;
        tallies.set(value, { pixels: total, masks: (before?.masks ?? 0) + 1, first });
      }
    }
  }
  return new Map([...tallies].sort(([a], [b]) => a - b));
}

/** The name of an image, for messages. */
export function imageName(images: ImageSet, index: number): string {
  return nameOf(images.locate(index));
}
