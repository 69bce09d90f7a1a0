/** True and found objects, as the evaluation compares them. */
import type { CocoBox, RunLengths } from '../run-lengths/run-lengths.js';

/** An object of the annotations. */
export interface TrueObject {
  readonly image: number;
  readonly category: number;
  /** One with id 0 is never found: COCO's tools cannot tell it from nothing. */
  readonly id: number;
  /** The area in pixels that decides whether it is small, as the file gives it. */
  readonly area: number;
  /** A crowd may be found any number of times, and counts neither way. */
  readonly isCrowd: boolean;
  readonly box: CocoBox;
  /** Masks are compared only where all objects have one. */
  readonly mask?: RunLengths | undefined;
}

/** An object that a detector found. */
export interface FoundObject {
  readonly image: number;
  readonly category: number;
  readonly score: number;
  readonly box?: CocoBox | undefined;
  readonly mask?: RunLengths | undefined;
}

/** A range of areas in square pixels, both ends included. */
export interface AreaRange {
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

/** The ranges that COCO counts by. */
export const cocoAreas: readonly AreaRange[] = [
  { name: 'all', least: 0, most: 1e10 },
  { name: 'small', least: 0, most: 32 ** 2 },
  { name: 'medium', least: 32 ** 2, most: 96 ** 2 },
  { name: 'large', least: 96 ** 2, most: 1e10 },
];
