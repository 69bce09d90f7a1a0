/** Learning rates in epochs; every number but `peak` and `minimum` counts epochs. */
export interface WarmupCosineOptions {
  readonly peak: number;
  /** The learning rate at the end of the cosine. It has no part in the warm-up. */
  readonly minimum: number;
  readonly warmup: number;
  /** Warm-up included. */
  readonly total: number;
}

/**
 * Linear warm-up from 0, then half a cosine (Loshchilov & Hutter 2017, arXiv:1608.03983).
 *
 * @returns the rate at a point in training; 1.5 is in the middle of the second epoch
 */
export function warmupCosine(options: WarmupCosineOptions): (epoch: number) => number {
  const { peak, minimum, warmup, total } = options;
  return (epoch) => {
    if (epoch < warmup) return (peak * epoch) / warmup;
    const angle = (Math.PI * (epoch - warmup)) / (total - warmup);
    return minimum + (peak - minimum) * 0.5 * (1 + Math.cos(angle));
  };
}
