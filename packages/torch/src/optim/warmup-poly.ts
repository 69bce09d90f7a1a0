/** Learning rates in steps, or in any other measure of time that all of them share. */
export interface WarmupPolyOptions {
  readonly peak: number;
  /** The end of the polynomial. */
  readonly minimum: number;
  /** Exponent of the share of the run that is left. */
  readonly power: number;
  /** Time until the warm-up ends; 0: none. */
  readonly warmup: number;
  /** The first rate of the warm-up, in parts of the rate that would be. */
  readonly warmupStart: number;
  /** Warm-up included. */
  readonly total: number;
}

/**
 * A polynomial from the peak to the minimum (Liu et al. 2015, arXiv:1506.04579), which a linear
 * warm-up multiplies: so the highest rate, at its end, is below the peak. As in mmcv, whose time is
 * the iteration from 0.
 *
 * @returns the rate at a point in training
 *
 * @example
 * ```ts
 * import { warmupCosine, warmupPoly } from '@um-mae/torch/optim';
 *
 * const cosine = warmupCosine({ peak: 1, minimum: 0, warmup: 2, total: 10 });
 * console.log(cosine(1), cosine(2), cosine(6).toFixed(2), cosine(10)); // 0.5 1 0.50 0
 * const line = { peak: 1, minimum: 0, power: 1, warmup: 2, warmupStart: 0.5, total: 10 };
 * console.log(warmupPoly(line)(5)); // 0.5
 * ```
 */
export function warmupPoly(options: WarmupPolyOptions): (time: number) => number {
  const { peak, minimum, power, warmup, warmupStart, total } = options;
  return (time) => {
    const rate = (peak - minimum) * (1 - time / total) ** power + minimum;
    return time < warmup ? rate * (1 - (1 - time / warmup) * (1 - warmupStart)) : rate;
  };
}
