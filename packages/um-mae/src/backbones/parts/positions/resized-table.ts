/**
 * Bicubic resizing of stored positions, in plain numbers: weights that are loaded are the same
 * ones with every libtorch. Since 2.0 libtorch's own operator rounds the place in the source before
 * it takes the fraction of it, and is some 4e-6 off.
 *
 * Source: Keys 1981, a = -0.75, half-pixel centres, edges repeated. Roundings are those of libtorch
 * 1.13 on processors with AVX2, which the published code ran on.
 */
import { fromArray, type Tensor } from '@um-mae/torch';
import { at } from '../../../at.js';
import type { Grid } from '../../../masking/grid.js';

/** The grids of a table of positions, before and after, and the rows in front that stay. */
interface ResizedGrid {
  readonly from: Grid;
  readonly to: Grid;
  readonly front: number;
}

/**
 * @param table [1, front + rows * columns of `from`, channels]
 * @returns [1, front + rows * columns of `to`, channels], whose first `front` rows are those of
 *   `table`
 */
export function resizeTable(table: Tensor, { from, to, front }: ResizedGrid): Tensor {
  const [, , channels] = table.sizes(3);
  const values = table.detach().to('cpu').to('f32').contiguous().toArray() as Float32Array;
  const kept = values.subarray(0, front * channels);
  const wide = resizeAxis(values.subarray(kept.length), {
    before: from.rows,
    axis: [from.columns, to.columns],
    after: channels,
  });
  const sides = { before: 1, axis: [from.rows, to.rows] as const, after: to.columns * channels };
  const shape = [1, front + to.rows * to.columns, channels];
  const resized = new Float32Array(at(shape, 1) * channels);
  resized.set(kept);
  resized.set(resizeAxis(wide, sides), kept.length);
  return fromArray(resized, { shape }).to(table.dtype).to(table.device);
}

/** Lengths of an array of three axes, of which the middle one gets another. */
interface Axis {
  readonly before: number;
  readonly axis: readonly [from: number, to: number];
  readonly after: number;
}

function resizeAxis(values: Float32Array, { before, axis, after }: Axis): Float32Array {
  const [from, to] = axis;
  const resized = new Float32Array(before * to * after);
  for (let place = 0; place < to; place++) {
    const { first, weights } = tapsOf(place, from / to);
    for (let block = 0; block < before; block++) {
      const vectors = weights.map((_, tap) => {
        const source = Math.min(from - 1, Math.max(0, first + tap));
        const start = (block * from + source) * after;
        return values.subarray(start, start + after);
      });
      resized.set(mix(vectors, weights), (block * to + place) * after);
    }
  }
  return resized;
}

/** Weighted sum of four vectors, in libtorch's order. */
function mix(vectors: readonly Float32Array[], weights: readonly number[]): Float32Array {
  const product = (tap: number) => ({ vector: at(vectors, tap), weight: at(weights, tap) });
  const { vector, weight } = product(1);
  const sum = vector.map((value) => value * weight);
  for (const { vector, weight } of [0, 2, 3].map(product)) {
    vector.forEach((value, i) => {
      sum[i] = multiplyAdd(value, weight, sum[i] as number);
    });
  }
  return sum;
}

/** The first of four places that one resized place is made of, and their weights. */
function tapsOf(place: number, scale: number) {
  const centre = Math.fround(scale) * (place + 0.5) - 0.5;
  const before = Math.floor(Math.fround(centre));
  const distance = Math.fround(centre - before);
  const rest = Math.fround(1 - distance);
  const weights = [far(distance + 1), near(distance), near(rest), far(rest + 1)];
  return { first: before - 1, weights };
}

/** The weight of a place at a distance of at most 1. */
function near(x: number): number {
  const { fround } = Math;
  return fround(fround(fround(multiplyAdd(1.25, x, -2.25) * x) * x) + 1);
}

/** The weight of a place at a distance of 1 to 2. */
function far(distance: number): number {
  const { fround } = Math;
  const x = fround(distance);
  return fround(fround(multiplyAdd(multiplyAdd(-0.75, x, 3.75), x, -6) * x) + 3);
}

/** `a * b + c` for numbers of single precision, rounded once. */
function multiplyAdd(a: number, b: number, c: number): number {
  return Math.fround(a * b + c);
}
