/**
 * Bicubic resizing of 8-bit RGB, bit for bit as Pillow does it, which the published models were trained with.
 *
 * Kernel with a = -0.5, widened when shrinking (antialiasing), cut off and renormalised at the borders; weights
 * rounded to 22-bit fixed point; rows first, rounded to 8 bits, then columns.
 */

/** RGB bytes, `data` is [height, width, 3]. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A rectangle of whole pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** How an output is sampled from an image: cut `source` out, resize it, keep `window` of the result. */
export interface Sampling {
  /** Part of the image; no pixel outside contributes. */
  readonly source: Box;
  /** Size of `source` after resizing. */
  readonly width: number;
  readonly height: number;
  /** Part of the resized image that is the output. */
  readonly window: Box;
}

/** @returns [window.height, window.width, 3] */
export function resample(image: RgbImage, { source, width, height, window }: Sampling): Uint8Array {
  const across = kernels(source.width, width, window.left, window.width);
  const down = kernels(source.height, height, window.top, window.height);
  const firstRow = down.starts[0] as number;
  const rows = (down.starts[window.height - 1] as number) + down.taps - firstRow;
  const stride = window.width * 3;

  const narrow = new Uint8Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    const origin = ((source.top + firstRow + row) * image.width + source.left) * 3;
    for (let column = 0; column < window.width; column++) {
      const from = origin + (across.starts[column] as number) * 3;
      mix(image.data, { from, step: 3 }, across, column, narrow, row * stride + column * 3);
    }
  }
  const resized = new Uint8Array(window.height * stride);
  for (let row = 0; row < window.height; row++) {
    const origin = ((down.starts[row] as number) - firstRow) * stride;
    for (let offset = 0; offset < stride; offset += 3) {
      mix(
        narrow,
        { from: origin + offset, step: stride },
        down,
        row,
        resized,
        row * stride + offset,
      );
    }
  }
  return resized;
}

/** For every output place: the first input place it reads, and `taps` fixed-point weights from there on. */
interface Kernels {
  readonly taps: number;
  readonly starts: Int32Array;
  /** [outputs, taps] */
  readonly weights: Int32Array;
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

/** Writes one pixel: input pixels beginning at byte `from`, `step` bytes apart, weighted by kernel `output`. */
function mix(
  input: Uint8Array,
  { from, step }: { from: number; step: number },
  { taps, weights }: Kernels,
  output: number,
  pixels: Uint8Array,
  to: number,
) {
  let red = half;
  let green = half;
  let blue = half;
  const end = (output + 1) * taps;
  for (let w = output * taps, p = from; w < end; w++, p += step) {
    const weight = weights[w] as number;
    red += Math.imul(input[p] as number, weight);
    green += Math.imul(input[p + 1] as number, weight);
    blue += Math.imul(input[p + 2] as number, weight);
  }
  pixels[to] = toByte(red);
  pixels[to + 1] = toByte(green);
  pixels[to + 2] = toByte(blue);
}

function toByte(fixed: number): number {
  return Math.max(0, Math.min(255, fixed >> weightBits));
}
