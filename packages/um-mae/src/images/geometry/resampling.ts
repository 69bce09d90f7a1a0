/**
 * The two ways in which images are resized: ours, and that of the published segmentation, by
 * OpenCV.
 */

import { nativePixels, type Taps } from '../native-pixels.js';
import { roundHalfToEven } from './crop.js';
import { type RgbImage, resample, type Sampling, type Size } from './resize.js';

/** `pillow`: bicubic with antialiasing; `opencv`: bilinear without, of 8-bit images. */
export type Resampling = 'pillow' | 'opencv';

/** A size that images are brought to, whichever way they lie; their shape is kept. */
export interface Scale {
  /** Most pixels of the longer side. */
  readonly long: number;
  /** Most pixels of the shorter side. */
  readonly short: number;
}

/**
 * The size of an image that fills a scale: one of its sides has as many pixels as the scale, the
 * other no more.
 *
 * @example
 * ```ts
 * import { scaledSize } from 'um-mae/pixels';
 *
 * console.log(scaledSize({ width: 400, height: 300 }, { long: 640, short: 240 }).height); // 240
 * ```
 */
export function scaledSize({ width, height }: Size, { long, short }: Scale): Size {
  const factor = Math.min(long / Math.max(width, height), short / Math.min(width, height));
  const side = (pixels: number) => Math.max(1, Math.floor(pixels * factor + 0.5));
  return { width: side(width), height: side(height) };
}

/** @returns [window.height, window.width, 3] */
export function resampleBy(
  resampling: Resampling,
  image: RgbImage,
  sampling: Sampling,
): Uint8Array {
  return resampling === 'pillow' ? resample(image, sampling) : resampleBilinear(image, sampling);
}

/** The whole image in another size. */
export function resizeTo(image: RgbImage, size: Size, resampling: Resampling): RgbImage {
  const { width, height } = image;
  const source = { left: 0, top: 0, width, height };
  const sampling = { source, ...size, window: { left: 0, top: 0, ...size } };
  return { ...size, data: resampleBy(resampling, image, sampling) };
}

/**
 * Bilinear resizing of 8-bit RGB, bit for bit as OpenCV 4.6 does it: 11-bit weights, columns first.
 *
 * @param run the loops; those here are what the addon is tested against
 * @returns [window.height, window.width, 3]
 */
export function resampleBilinear(
  image: RgbImage,
  { source, width, height, window }: Sampling,
  run = nativePixels?.resampleBilinear ?? resampleBilinearHere,
): Uint8Array {
  const across = taps(source.width, width, { first: window.left, outputs: window.width });
  const down = taps(source.height, height, { first: window.top, outputs: window.height });
  clampColumns(across, source.width);
  const output = new Uint8Array(window.height * window.width * 3);
  const origin = (source.top * image.width + source.left) * 3;
  run(image.data.subarray(origin), image.width * 3, source.height, across, down, output);
  return output;
}

export function resampleBilinearHere(
  input: Uint8Array,
  stride: number,
  height: number,
  across: Taps,
  down: Taps,
  output: Uint8Array,
): void {
  const narrow = new NarrowRows(input, stride, across);
  const width = across.places.length * 3;
  for (let row = 0, to = 0; row < down.places.length; row++, to += width) {
    const place = down.places[row] as number;
    const above = narrow.row(Math.min(Math.max(place, 0), height - 1));
    const below = narrow.row(Math.min(Math.max(place + 1, 0), height - 1));
    const [a, b] = [down.nears[row] as number, down.fars[row] as number];
    for (let i = 0; i < above.length; i++) {
      const near = (a * ((above[i] as number) >> 4)) >> 16;
      const far = (b * ((below[i] as number) >> 4)) >> 16;
      output[to + i] = (near + far + 2) >> 2;
    }
  }
}

function taps(
  from: number,
  to: number,
  { first, outputs }: { readonly first: number; readonly outputs: number },
): Taps {
  const found = {
    places: new Int32Array(outputs),
    nears: new Int32Array(outputs),
    fars: new Int32Array(outputs),
  };
  const step = from / to;
  for (let output = 0; output < outputs; output++) {
    const centre = Math.fround((first + output + 0.5) * step - 0.5);
    const place = Math.floor(centre);
    const share = Math.fround(centre - place);
    found.places[output] = place;
    found.nears[output] = roundHalfToEven(Math.fround(Math.fround(1 - share) * 2048));
    found.fars[output] = roundHalfToEven(Math.fround(share * 2048));
  }
  return found;
}

/** Beyond the border, columns show it alone; rows mix it with itself, which rounds otherwise. */
function clampColumns({ places, nears, fars }: Taps, width: number): void {
  for (const [i, place] of places.entries()) {
    if (place >= 0 && place < width - 1) continue;
    places[i] = place < 0 ? 0 : width - 1;
    nears[i] = 2048;
    fars[i] = 0;
  }
}

/** Rows, resized across; of each pair that an output row needs, each is made once. */
class NarrowRows {
  private readonly kept: readonly Int32Array[];
  private readonly numbers = [-1, -1];
  private oldest = 0;

  constructor(
    private readonly input: Uint8Array,
    private readonly stride: number,
    private readonly across: Taps,
  ) {
    this.kept = [0, 1].map(() => new Int32Array(across.places.length * 3));
  }

  row(number: number): Int32Array {
    const found = this.numbers.indexOf(number);
    const place = found < 0 ? this.oldest : found;
    this.oldest = 1 - place;
    const row = this.kept[place] as Int32Array;
    if (found < 0) {
      this.numbers[place] = number;
      this.fill(row, number);
    }
    return row;
  }

  private fill(row: Int32Array, number: number): void {
    const { places, nears, fars } = this.across;
    const { input } = this;
    const start = number * this.stride;
    for (let column = 0, to = 0; column < places.length; column++) {
      const near = nears[column] as number;
      const far = fars[column] as number;
      const from = start + (places[column] as number) * 3;
      // At the right border there is no next pixel, and its weight is 0.
      const next = far === 0 ? from : from + 3;
      for (let channel = 0; channel < 3; channel++) {
        row[to++] =
          near * (input[from + channel] as number) + far * (input[next + channel] as number);
      }
    }
  }
}
