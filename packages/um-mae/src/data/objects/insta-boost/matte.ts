/** Mattes of objects: how much of each pixel is theirs. */
import type { Box, Size } from '../../../images/geometry/resize.js';
import type { Bitmap } from '../outlines/bitmap.js';

/** Shares of pixels in a part of an image. */
export interface Matte extends Box {
  /** [height, width], 0 to 1 */
  readonly shares: Float32Array;
}

export interface MatteOptions {
  /** A box that the objects lie in. */
  readonly box: Box;
  readonly image: Size;
  /** Pixels on each side of an outline that the matte falls over. Default 2. */
  readonly reach?: number;
}

/** A trimap of 5 pixels has as many on each side. */
const usualReach = 2;

/** A matte that falls over the outline of objects, inside of an image. */
export function feathered(
  masks: readonly Bitmap[],
  { box, image, reach = usualReach }: MatteOptions,
): Matte {
  const left = Math.max(box.left - reach, 0);
  const top = Math.max(box.top - reach, 0);
  const width = Math.min(box.left + box.width + reach, image.width) - left;
  const height = Math.min(box.top + box.height + reach, image.height) - top;
  const shares = new Float32Array(width * height);
  for (const mask of masks) {
    for (let row = 0; row < mask.height; row++) {
      const to = (mask.top - top + row) * width + mask.left - left;
      for (let x = 0; x < mask.width; x++) {
        if (mask.pixels[row * mask.width + x] === 1) shares[to + x] = 1;
      }
    }
  }
  const across = blurred(shares, { lines: height, length: width, step: 1, stride: width }, reach);
  const down = { lines: width, length: height, step: width, stride: 1 };
  return { left, top, width, height, shares: blurred(across, down, reach) };
}

/** The lines of an array that are blurred. */
interface Lines {
  readonly lines: number;
  readonly length: number;
  /** Numbers between neighbours of a line, and between lines. */
  readonly step: number;
  readonly stride: number;
}

/** Means of neighbours; what lies beyond the ends is like the ends. */
function blurred(
  values: Float32Array,
  { lines, length, step, stride }: Lines,
  reach: number,
): Float32Array {
  const output = new Float32Array(values.length);
  for (let line = 0; line < lines; line++) {
    const value = (place: number) =>
      values[line * stride + Math.min(Math.max(place, 0), length - 1) * step] as number;
    let sum = 0;
    for (let place = -reach; place <= reach; place++) sum += value(place);
    for (let place = 0; place < length; place++) {
      output[line * stride + place * step] = Math.min(Math.max(sum / (2 * reach + 1), 0), 1);
      sum += value(place + reach + 1) - value(place - reach);
    }
  }
  return output;
}
