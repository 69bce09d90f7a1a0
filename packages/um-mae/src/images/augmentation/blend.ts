/** Mixtures of an image with a duller version of itself, in the arithmetic of Pillow. */
import type { RgbImage } from '../geometry/resize.js';

/**
 * `dull` at factor 0, `level` at 1, beyond it at more, its opposite below 0: in single precision,
 * and cut off to whole levels of 0 ... 255.
 */
export function blend(dull: number, level: number, factor: number): number {
  const moved = Math.fround(Math.fround(factor) * (level - dull));
  return Math.trunc(Math.max(0, Math.min(255, Math.fround(dull + moved))));
}

/**
 * Brightness of the pixel that begins at byte `pixel`: ITU-R 601, in 16-bit fixed point, rounded.
 */
export function greyLevel(data: Uint8Array, pixel: number): number {
  const red = data[pixel] as number;
  const green = data[pixel + 1] as number;
  const blue = data[pixel + 2] as number;
  return (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
}

/** More colour above 1, less below, grey at 0. @returns [height, width, 3] */
export function changeColour({ data }: RgbImage, factor: number): Uint8Array {
  const output = new Uint8Array(data.length);
  for (let pixel = 0; pixel < data.length; pixel += 3) {
    const grey = greyLevel(data, pixel);
    for (let byte = pixel; byte < pixel + 3; byte++) {
      output[byte] = blend(grey, data[byte] as number, factor);
    }
  }
  return output;
}

/**
 * Sharper above 1, smoother below. What is smooth is a mean of the 3x3 neighbours in which the
 * pixel counts five times, rounded; pixels at the border stay. @returns [height, width, 3]
 */
export function changeSharpness({ data, width, height }: RgbImage, factor: number): Uint8Array {
  const output = data.slice();
  const stride = 3 * width;
  for (let row = 1; row < height - 1; row++) {
    for (let byte = row * stride + 3; byte < (row + 1) * stride - 3; byte++) {
      const level = data[byte] as number;
      const sum =
        threeAcross(data, byte - stride) +
        threeAcross(data, byte) +
        threeAcross(data, byte + stride);
      output[byte] = blend(Math.trunc((2 * (sum + 4 * level) + 13) / 26), level, factor);
    }
  }
  return output;
}

/** Sums three neighbouring pixels of one channel. */
function threeAcross(data: Uint8Array, byte: number): number {
  return (data[byte - 3] as number) + (data[byte] as number) + (data[byte + 3] as number);
}
