/**
 * Rotations, shears and translations of 8-bit RGB, bit for bit as Pillow does them: the image keeps
 * its size, what comes from outside is filled, no antialiasing.
 *
 * Not Pillow's resizing: its bicubic kernel has a = -1 here instead of -0.5, and results are cut
 * off instead of rounded. The loops here are what the addon is tested against, and what runs where
 * it is not built.
 */

import type { RgbImage, Size } from '../geometry/resize.js';
import { nativePixels } from '../native-pixels.js';

/** The interpolation of levels between pixels. */
export type Interpolation = 'bilinear' | 'bicubic';

/**
 * [a, b, c, d, e, f]: pixel (x, y) of the result shows the point (a x + b y + c, d x + e y + f) of
 * the image.
 */
export type AffineMatrix = readonly [number, number, number, number, number, number];

/** ImageNet's mean colour, 255 * (0.485, 0.456, 0.406). */
const fill = [124, 116, 104] as const;

/** Turns the image around its centre, counter-clockwise, by -360 ... 360 degrees. */
export function rotation(degrees: number, { width, height }: Size): AffineMatrix {
  // A positive angle and 15 digits, as in Pillow: points at the very edge depend on it.
  const radians = (-(degrees < 0 ? degrees + 360 : degrees) * Math.PI) / 180;
  const cosine = Number(Math.cos(radians).toFixed(15));
  const sine = Number(Math.sin(radians).toFixed(15));
  const [x, y] = [width / 2, height / 2];
  const left = cosine * -x + sine * -y + x;
  const top = -sine * -x + cosine * -y + y;
  return [cosine, sine, left, -sine, cosine, top];
}

/**
 * Samples an image at the points that the matrix maps to. Points outside the image are filled.
 * @returns [height, width, 3]
 */
export function transformAffine(
  image: RgbImage,
  matrix: AffineMatrix,
  { interpolation }: { readonly interpolation: Interpolation },
  run = nativePixels?.transformAffine ?? transformHere,
): Uint8Array {
  const { width, height, data } = image;
  const output = new Uint8Array(data.length);
  for (let byte = 0; byte < output.length; byte++) output[byte] = fill[byte % 3] as number;
  run(data, width, height, Float64Array.from(matrix), interpolation === 'bicubic', output);
  return output;
}

/**
 * Writes the pixels of `output` that show a point inside the image, [height, width, 3] both; called
 * as the addon.
 */
export function transformHere(
  image: Uint8Array,
  width: number,
  height: number,
  matrix: Float64Array,
  isBicubic: boolean,
  output: Uint8Array,
): void {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = matrix;
  const mix = isBicubic ? bicubic : bilinear;
  const source = { width, height, data: image };
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++, to += 3) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c;
      const y = d * (column + 0.5) + e * (row + 0.5) + f;
      if (x < 0 || x >= width || y < 0 || y >= height) continue;
      for (let channel = 0; channel < 3; channel++) {
        const level = mix(source, x - 0.5, y - 0.5, channel);
        output[to + channel] = Math.max(0, Math.min(255, level));
      }
    }
  }
}

/** The level at a point; x = 0 is the middle of the first column. Borders go on outside. */
function bilinear(image: RgbImage, x: number, y: number, channel: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const across = (row: number) => {
    const first = levelAt(image, left, row, channel);
    return first + (levelAt(image, left + 1, row, channel) - first) * (x - left);
  };
  const above = across(top);
  return above + (across(top + 1) - above) * (y - top);
}

/** Interpolates one channel at a place, bicubically. */
function bicubic(image: RgbImage, x: number, y: number, channel: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const at = (column: number, row: number) => levelAt(image, left + column, top + row, channel);
  const across = (row: number) => cubic(at(-1, row), at(0, row), at(1, row), at(2, row), x - left);
  return cubic(across(-1), across(0), across(1), across(2), y - top);
}

function levelAt({ data, width, height }: RgbImage, x: number, y: number, channel: number): number {
  const column = Math.max(0, Math.min(width - 1, x));
  const row = Math.max(0, Math.min(height - 1, y));
  return data[(row * width + column) * 3 + channel] as number;
}

/** Keys' cubic convolution with a = -1 through four values, `t` of the way from `q` to `r`. */
function cubic(p: number, q: number, r: number, s: number, t: number): number {
  const slope = r - p;
  const bend = 2 * (p - q) + r - s;
  const twist = q - p - r + s;
  return q + t * (slope + t * (bend + t * twist));
}
