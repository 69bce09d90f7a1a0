import { empty } from '../generated/operators.js';
import type { Generator } from '../random.js';
import type { Tensor } from '../tensor.js';
import { Module } from './module.js';

/**
 * Stochastic depth (Huang et al. 2016, arXiv:1603.09382): in training, drops a residual branch of a whole
 * sample with probability `rate`, and scales the surviving ones by `1 / (1 - rate)`.
 */
export class DropPath extends Module {
  /** Where the draws come from; set by whoever trains. */
  generator: Generator | undefined;

  constructor(readonly rate: number) {
    super();
  }

  /** @param x [batch, ...]  @returns the same shape */
  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    const kept = 1 - this.rate;
    const perSample = [x.shape[0] ?? 1, ...x.shape.slice(1).map(() => 1)];
    const survives = empty(perSample, { dtype: x.dtype, device: x.device }).bernoulli_({
      p: kept,
      generator: this.generator,
    });
    return x.mul(survives.div(kept));
  }
}
