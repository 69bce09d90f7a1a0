/** Images, and what is known of their pixels, in a larger size: at the top left of it. */
import { ignoredClass } from '../../images/class-map.js';
import type { Size } from '../../images/geometry/resize.js';

/** Numbers of pixels, [height, width, channels]. */
interface Pixels<Numbers> extends Size {
  readonly data: Numbers;
}

/** Images of one padded size, [batch, height, width, channels]. */
export interface PaddedImages<Numbers> {
  readonly data: Numbers;
  readonly size: Size;
}

/**
 * Images of any sizes as one array, each at the top left of its place and zeros to its right and
 * below; of class maps, pixels that are ignored.
 *
 * @returns as high as the highest image and as wide as the widest one
 */
export function padTogether<Numbers extends Uint8Array | Int32Array>(
  images: readonly Pixels<Numbers>[],
  empty: (length: number) => Numbers,
  channels: number,
): PaddedImages<Numbers> {
  const height = Math.max(...images.map((image) => image.height));
  const width = Math.max(...images.map((image) => image.width));
  const data = empty(images.length * height * width * channels);
  for (const [place, image] of images.entries()) {
    const start = place * height * width * channels;
    copyRows(image, data.subarray(start) as Numbers, width * channels, channels);
  }
  return { data, size: { width, height } };
}

/** ImageNet's mean colour: what normalises to about 0. */
const meanColour = [124, 116, 104];

/** An image with the mean colour to its right and below, [height, width, 3]. */
export function padPixels(image: Pixels<Uint8Array>, size: Size): Uint8Array {
  if (image.width === size.width && image.height === size.height) return image.data;
  const data = new Uint8Array(size.height * size.width * 3);
  for (let i = 0; i < data.length; i++) data[i] = meanColour[i % 3] as number;
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
