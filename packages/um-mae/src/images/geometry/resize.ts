/**
 * Bicubic resizing of 8-bit RGB, bit for bit as Pillow does it, which the published models were
 * trained with.
 *
 * Kernel with a = -0.5, widened when shrinking (antialiasing), cut off and renormalised at the
 * borders; weights rounded to 22-bit fixed point; rows first, rounded to 8 bits, then columns.
 *
 * Not left to sharp: libvips' bicubic is up to 6 levels off when shrinking and up to 100 when
 * enlarging. The loops here are what the addon is tested against, and what runs where it is not
 * built.
 */
import { type Kernels, nativePixels } from '../native-pixels.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** RGB bytes, `data` is [height, width, 3]. */
export interface RgbImage extends Size {
  readonly data: Uint8Array;
}

/** A rectangle of whole pixels. */
export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/**
 * Describes how an output is sampled from an image: cut out `source`, resize it, keep `window` of
 * the result.
 */
export interface Sampling {
  /** Part of the image; no pixel outside contributes. */
  readonly source: Box;
  /** Size of `source` after resizing. */
  readonly width: number;
  readonly height: number;
  /** Part of the resized image that is the output. */
  readonly window: Box;
}

/**
 * @returns [window.height, window.width, 3]
 *
 * @example
 * ```ts
 * import { resample } from 'um-mae/pixels';
 *
 * const image = { data: new Uint8Array(20 * 10 * 3).fill(7), width: 20, height: 10 };
 * const half = resample(image, {
 *   source: { left: 0, top: 0, width: 20, height: 10 },
 *   width: 10,
 *   height: 5,
 *   window: { left: 0, top: 0, width: 10, height: 5 },
 * });
 * console.log(half.length, half[0]); // 150 7
 * ```
 */
export function resample(
  image: RgbImage,
  { source, width, height, window }: Sampling,
  run = nativePixels?.resample ?? resampleHere,
): Uint8Array {
  const across = kernels(source.width, width, window.left, window.width);
  const down = kernels(source.height, height, window.top, window.height);
  const firstRow = down.starts[0] as number;
  const origin = ((source.top + firstRow) * image.width + source.left) * 3;
  const resized = new Uint8Array(window.height * window.width * 3);
  run(image.data.subarray(origin), image.width * 3, across, down, resized);
  return resized;
}

/**
 * @param input begins at the first pixel that the kernels read
 * @param stride bytes from one row of `input` to the next
 * @param output [down.starts.length, across.starts.length, 3], filled
 */
export function resampleHere(
  input: Uint8Array,
  stride: number,
  across: Kernels,
  down: Kernels,
  output: Uint8Array,
): void {
  const firstRow = down.starts[0] as number;
  const rows = (down.starts.at(-1) as number) + down.taps - firstRow;
  const narrow = new Uint8Array(rows * across.starts.length * 3);
  resizeRows(input, stride, across, narrow);
  resizeColumns(narrow, firstRow, down, output);
}

/** Resizes rows that begin every `stride` bytes, until `output` is full. */
function resizeRows(input: Uint8Array, stride: number, kernels: Kernels, output: Uint8Array): void {
  const { starts } = kernels;
  for (let row = 0, to = 0; to < output.length; row += stride) {
    for (let column = 0; column < starts.length; column++, to += 3) {
      mix(input, row + (starts[column] as number) * 3, 3, kernels, column, output, to);
    }
  }
}

/** Resizes columns; `input` begins at row `firstRow` of what the kernels count. */
function resizeColumns(
  input: Uint8Array,
  firstRow: number,
  kernels: Kernels,
  output: Uint8Array,
): void {
  const { starts } = kernels;
  const stride = output.length / starts.length;
  for (let row = 0, to = 0; row < starts.length; row++) {
    const origin = ((starts[row] as number) - firstRow) * stride;
    for (let offset = 0; offset < stride; offset += 3, to += 3) {
      mix(input, origin + offset, stride, kernels, row, output, to);
    }
  }
}

/** Kernels of the outputs `first` ... `first + outputs - 1` when `from` places become `to`. */
function kernels(from: number, to: number, first: number, outputs: number): Kernels {
  const scale = from / to;
  const widening = Math.max(scale, 1);
  const support = 2 * widening;
  const taps = Math.min(from, Math.ceil(2 * support));
  const starts = new Int32Array(outputs);
  const weights = new Int32Array(outputs * taps);
  const raw = new Float64Array(taps);

  for (let output = 0; output < outputs; output++) {
    const centre = (first + output + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    let total = 0;
    for (let place = begin; place < end; place++) {
      const weight = cubic((place - centre + 0.5) / widening);
      raw[place - begin] = weight;
      total += weight;
    }
    // Near the far border the taps begin earlier, with zeros, so that they never read past the end.
    const start = Math.min(begin, from - taps);
    starts[output] = start;
    for (let place = begin; place < end; place++) {
      const fixed = ((raw[place - begin] as number) / total) * (1 << weightBits);
      weights[output * taps + place - start] = Math.trunc(fixed + (fixed < 0 ? -0.5 : 0.5));
    }
  }
  return { taps, starts, weights };
}

/** Keys' cubic convolution kernel with a = -0.5. */
function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  if (d < 2) return ((-0.5 * d + 2.5) * d - 4) * d + 2;
  return 0;
}

const weightBits = 22;
const half = 1 << (weightBits - 1);

/**
 * Writes the pixel at byte `to`, mixed by kernel `place` from pixels `step` bytes apart, the first
 * of them at byte `from`. The inner loop: its arguments are positional so that no object is made
 * per pixel.
 */
function mix(
  input: Uint8Array,
  from: number,
  step: number,
  { taps, weights }: Kernels,
  place: number,
  output: Uint8Array,
  to: number,
): void {
  let red = half;
  let green = half;
  let blue = half;
  const end = (place + 1) * taps;
  for (let w = place * taps, p = from; w < end; w++, p += step) {
    const weight = weights[w] as number;
    red += Math.imul(input[p] as number, weight);
    green += Math.imul(input[p + 1] as number, weight);
    blue += Math.imul(input[p + 2] as number, weight);
  }
  output[to] = toByte(red);
  output[to + 1] = toByte(green);
  output[to + 2] = toByte(blue);
}

function toByte(fixed: number): number {
  return Math.max(0, Math.min(255, fixed >> weightBits));
}
