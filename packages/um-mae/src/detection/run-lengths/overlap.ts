/** Intersection over union of found and true objects, as COCO's evaluation has it. */
import { type CocoBox, maskArea, maskBox, type RunLengths, sharedArea } from './run-lengths.js';

/**
 * Intersection over union of two boxes. The union with a crowd is the found box alone. 0 where they
 * only touch.
 */
export function boxOverlap(found: CocoBox, object: CocoBox, isCrowd: boolean): number {
  const [left, top, width, height] = found;
  const [otherLeft, otherTop, otherWidth, otherHeight] = object;
  const across = Math.min(left + width, otherLeft + otherWidth) - Math.max(left, otherLeft);
  if (across <= 0) return 0;
  const down = Math.min(top + height, otherTop + otherHeight) - Math.max(top, otherTop);
  if (down <= 0) return 0;
  const [shared, area] = [across * down, width * height];
  return shared / (isCrowd ? area : area + otherWidth * otherHeight - shared);
}

/** A mask with the numbers that every comparison with it needs. */
export interface MeasuredMask {
  readonly mask: RunLengths;
  readonly area: number;
  readonly box: CocoBox;
}

export function measureMask(mask: RunLengths): MeasuredMask {
  return { mask, area: maskArea(mask), box: maskBox(mask) };
}

/**
 * Intersection over union of two masks of one size. The union with a crowd is the found mask alone.
 */
export function maskOverlap(found: MeasuredMask, object: MeasuredMask, isCrowd: boolean): number {
  if (boxOverlap(found.box, object.box, isCrowd) === 0) return 0;
  const shared = sharedArea(found.mask, object.mask);
  if (shared === 0) return 0;
  return shared / (isCrowd ? found.area : found.area + object.area - shared);
}
