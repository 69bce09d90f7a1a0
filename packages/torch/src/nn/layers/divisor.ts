/** Means over a batch, of which a process may have a part. */
import type { Tensor } from '../../tensor/tensor.js';

/**
 * Makes the number that a sum over samples is divided by, 1 or more, from the number of terms in
 * it. Where several processes share a batch it is such that their means, weighted by their shares
 * of the samples, add up to the mean over all terms; then all of them call it equally often.
 */
export interface Divisor {
  ofNumber(count: number): number;
  /** @param count [], on any device */
  ofTensor(count: Tensor): Tensor;
}

/** The divisor of a process that has the whole batch. */
export const ownDivisor: Divisor = {
  ofNumber: (count) => Math.max(count, 1),
  ofTensor: (count) => count.clamp({ min: 1 }),
};

/**
 * The mean over the whole batch, as `divisor` has it.
 *
 * @param own the mean over the `count` terms that are there; 0 where there are none
 */
export function batchMean(own: Tensor, count: number, divisor: Divisor): Tensor {
  return divisor === ownDivisor ? own : own.mul(count).div(divisor.ofNumber(count));
}
