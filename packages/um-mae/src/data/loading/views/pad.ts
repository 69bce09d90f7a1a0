/** Images, and what is known of their pixels, in a larger size: at the top left of it. */

import type { Size } from '../../../images/geometry/resize.js';
import { ignoredClass } from '../../../images/masks/class-map.js';

/** Numbers of pixels, [height, width, channels]. */
interface Pixels<Numbers> extends Size {
  readonly data: Numbers;
}

/** Images of one padded size, [batch, height, width, channels]. */
export interface PaddedImages<Numbers> {
  readonly data: Numbers;
  readonly size: Size;
}

/** The place that images are padded to, together. */
export interface Padding<Numbers> {
  /** Numbers of padding alone. */
  readonly empty: (length: number) => Numbers;
  readonly channels: number;
  /** Sides are multiples of this. */
  readonly multiple: number;
}

/**
 * Images of any sizes as one array, each at the top left of its place and padding to its right and
 * below.
 *
 * @returns as high as the highest image and as wide as the widest one, rounded up
 */
export function padTogether<Numbers extends Uint8Array | Int32Array>(
  images: readonly Pixels<Numbers>[],
  { empty, channels, multiple }: Padding<Numbers>,
): PaddedImages<Numbers> {
  const height = roundUp(Math.max(...images.map((image) => image.height)), multiple);
  const width = roundUp(Math.max(...images.map((image) => image.width)), multiple);
  const data = empty(images.length * height * width * channels);
  for (const [place, image] of images.entries()) {
    const start = place * height * width * channels;
    copyRows(image, data.subarray(start) as Numbers, width * channels, channels);
  }
  return { data, size: { width, height } };
}

/** The smallest multiple that is not less. */
export function roundUp(side: number, multiple: number): number {
  return Math.ceil(side / multiple) * multiple;
}

/** ImageNet's mean colour: what normalises to about 0. */
const meanColour = [124, 116, 104];

/** Pixels of the mean colour. @param length of bytes, a multiple of 3 */
export function meanPixels(length: number): Uint8Array {
  const data = new Uint8Array(length);
  for (let i = 0; i < length; i++) data[i] = meanColour[i % 3] as number;
  return data;
}

/** An image with the mean colour to its right and below, [height, width, 3]. */
export function padPixels(image: Pixels<Uint8Array>, size: Size): Uint8Array {
  if (image.width === size.width && image.height === size.height) return image.data;
  const data = meanPixels(size.height * size.width * 3);
  copyRows(image, data, size.width * 3, 3);
  return data;
}

/** A class map with ignored pixels to its right and below, [height, width]. */
export function padClassMap(map: Pixels<Int32Array>, size: Size): Int32Array {
  const data = new Int32Array(size.height * size.width).fill(ignoredClass);
  copyRows(map, data, size.width, 1);
  return data;
}

/** @param stride numbers of a row of the output */
function copyRows<Numbers extends Uint8Array | Int32Array>(
  image: Pixels<Numbers>,
  output: Numbers,
  stride: number,
  channels: number,
): void {
  const length = image.width * channels;
  for (let row = 0; row < image.height; row++) {
    output.set(image.data.subarray(row * length, (row + 1) * length), row * stride);
  }
}
