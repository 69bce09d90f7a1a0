/**
 * Long curves become short ones: each point stands for neighbouring rows, with their mean and
 * extremes.
 */
import { at } from '../../shared/at.js';
import type { ThinnedCurve } from '../../shared/protocol/series.js';

/** Rows `from` to `to` (not included), of which `points` remain. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly points: number;
}

/** The last row of every point, for columns that only grow. */
export function thinPlaces(column: Float64Array, window: Window): number[] {
  return bucketsOf(window).map(([, end]) => round(at(column, end - 1)));
}

export function thin(column: Float64Array, window: Window): ThinnedCurve {
  const curve = { mean: [], low: [], high: [] } as Record<keyof ThinnedCurve, (number | null)[]>;
  const isThinned = window.to - window.from > window.points;
  for (const [start, end] of bucketsOf(window)) {
    const { mean, low, high } = summarise(column.subarray(start, end));
    curve.mean.push(mean);
    if (!isThinned) continue;
    curve.low.push(low);
    curve.high.push(high);
  }
  return curve;
}

/**
 * The rows of a sorted column whose numbers are from `low` to `high`, and one more on either side.
 */
export function rowsBetween(column: Float64Array, low: number, high: number): [number, number] {
  const from = firstAtLeast(column, low);
  const to = firstAtLeast(column, high);
  return [Math.max(0, from - 1), Math.min(column.length, to + 1)];
}

function bucketsOf({ from, to, points }: Window): [number, number][] {
  const rows = Math.max(0, to - from);
  const count = Math.min(rows, points);
  const edge = (i: number) => from + Math.floor((i * rows) / count);
  return Array.from({ length: count }, (_, i) => [edge(i), edge(i + 1)]);
}

/** NaN, an overflowed gradient for instance, does not count. */
function summarise(values: Float64Array): Record<keyof ThinnedCurve, number | null> {
  let [sum, count, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (count === 0) return { mean: null, low: null, high: null };
  return { mean: round(sum / count), low: round(low), high: round(high) };
}

function firstAtLeast(column: Float64Array, value: number): number {
  let [low, high] = [0, column.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(column, middle) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** More digits than a curve shows would be half of the message. */
function round(value: number): number {
  return Number(value.toPrecision(7));
}
