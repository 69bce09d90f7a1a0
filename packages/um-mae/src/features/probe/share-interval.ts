/** The reach of chance in shares of images that were counted. */
import { at } from '../../at.js';

/** The lower and the upper end of a share. */
export type ShareInterval = readonly [low: number, high: number];

/** The quantile of the normal distribution for intervals that hold the truth in 95 % of cases. */
const quantile = 1.959963984540054;

/**
 * The 95 % interval of a share by Wilson's score (Wilson 1927, Probable inference, the law of
 * succession, and statistical inference): the shares for which what was counted is no surprise. It
 * says how much a score would move with other images of the same kind, not with another seed.
 *
 * @param share of `count` images that were drawn independently
 *
 * @example
 * ```ts
 * import { shareInterval } from 'um-mae';
 *
 * const [low, high] = shareInterval(0.5, 100);
 * console.log(low.toFixed(2), high.toFixed(2)); // 0.40 0.60
 * ```
 */
export function shareInterval(share: number, count: number): ShareInterval {
  const square = quantile ** 2 / count;
  const middle = (share + square / 2) / (1 + square);
  const reach =
    (quantile / (1 + square)) * Math.sqrt((share * (1 - share)) / count + square / count / 4);
  return [Math.max(0, middle - reach), Math.min(1, middle + reach)];
}

/**
 * The chance level: the share of images that naming the commonest class alone gets right.
 *
 * @example
 * ```ts
 * import { chanceLevel } from 'um-mae';
 *
 * console.log(chanceLevel([0, 0, 0, 1])); // 0.75
 * ```
 */
export function chanceLevel(labels: Iterable<number>): number {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const counts = [...sizes.values()].sort((a, b) => b - a);
  return at(counts, 0) / counts.reduce((sum, count) => sum + count, 0);
}
