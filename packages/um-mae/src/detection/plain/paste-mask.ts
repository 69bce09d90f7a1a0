/** Small masks of regions, pasted where their objects lie in a picture. */
import type { Corners, PictureSize } from './objects.js';

/** The part of a picture that a mask may reach. */
export interface PastedMask extends PictureSize {
  readonly left: number;
  readonly top: number;
  /** [height, width], 1 where the object is */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/**
 * Looks every pixel up where its centre falls on the mask, bilinearly, zero beyond the mask.
 *
 * @param mask [side, side] probabilities
 * @param size of the picture
 * @param threshold the probability from which on a pixel is inside. Default 0.5
 *
 * @example
 * ```ts
 * import { pasteMask } from 'um-mae/detect';
 *
 * const mask = pasteMask(new Float32Array(28 * 28).fill(1), [10, 20, 30, 50], {
 *   width: 100,
 *   height: 100,
 * });
 * console.log(mask.pixels.length === mask.width * mask.height); // true
 * ```
 */
export function pasteMask(
  mask: Float32Array,
  box: Corners,
  size: PictureSize,
  threshold = 0.5,
): PastedMask {
  const side = Math.sqrt(mask.length);
  const across = placesOn([box[0], box[2]], side, size.width);
  const down = placesOn([box[1], box[3]], side, size.height);
  const [width, height] = [across.places.length, down.places.length];
  const pixels = new Uint8Array(height * width);
  for (const [y, row] of down.places.entries()) {
    for (const [x, column] of across.places.entries()) {
      if (valueAt(mask, side, row, column) >= threshold) pixels[y * width + x] = 1;
    }
  }
  return { left: across.first, top: down.first, width, height, pixels };
}

/**
 * The same in the whole picture.
 *
 * @returns [height, width], 1 where the object is
 *
 * @example
 * ```ts
 * import { wholeMask } from 'um-mae/detect';
 *
 * const part = { left: 1, top: 0, width: 2, height: 1, pixels: Uint8Array.of(1, 1) };
 * console.log([...wholeMask(part, { width: 4, height: 1 })]); // [ 0, 1, 1, 0 ]
 * ```
 */
export function wholeMask(mask: PastedMask, size: PictureSize): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size.height * size.width);
  for (let y = 0; y < mask.height; y++) {
    const row = mask.pixels.subarray(y * mask.width, (y + 1) * mask.width);
    whole.set(row, (mask.top + y) * size.width + mask.left);
  }
  return whole;
}

/** The places on a mask where the pixels of an axis fall, from the first that it may reach. */
function placesOn([begin, end]: readonly [number, number], side: number, pixels: number) {
  const extent = end - begin;
  const margin = extent / (2 * side) + 1;
  const bounded = (at: number) => Math.min(Math.max(at, 0), pixels);
  const first = bounded(Math.floor(begin - margin));
  const last = extent > 0 ? Math.max(first, bounded(Math.ceil(end + margin))) : first;
  const places = Array.from(
    { length: last - first },
    (_, i) => ((first + i + 0.5 - begin) / extent) * side - 0.5,
  );
  return { first, places };
}

function valueAt(mask: Float32Array, side: number, y: number, x: number): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const [below, right] = [y - top, x - left];
  const pixel = (row: number, column: number) =>
    row < 0 || column < 0 || row >= side || column >= side
      ? 0
      : (mask[row * side + column] as number);
  const upper = pixel(top, left) * (1 - right) + pixel(top, left + 1) * right;
  const lower = pixel(top + 1, left) * (1 - right) + pixel(top + 1, left + 1) * right;
  return upper * (1 - below) + lower * below;
}
