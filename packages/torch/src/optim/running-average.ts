import { _foreachAdd_, _foreachMul_ } from '../generated/operators.js';
import { noGrad } from '../tensor/autograd.js';
import type { Tensor } from '../tensor/tensor.js';

export interface RunningAverageOptions {
  /** Share of the old average in the new one, once enough steps are done. */
  readonly decay: number;
  /**
   * Steps done: after few of them the decay is lower, so that the first weights are soon forgotten.
   */
  readonly step: number;
}

/** Moves averages of weights towards the weights: an exponential moving average over steps. */
export function updateAverage(
  averages: readonly Tensor[],
  weights: readonly Tensor[],
  { decay, step }: RunningAverageOptions,
): void {
  const kept = Math.min(decay, (1 + step) / (10 + step));
  noGrad(() => {
    _foreachMul_(averages, kept);
    _foreachAdd_(averages, weights, { alpha: 1 - kept });
  });
}
