import type { Generator } from '../../../device/random.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { upload } from '../../../tensor/transfer.js';
import { Module } from '../../module/module.js';
import { type BatchRows, drawRows } from './batch-rows.js';

/**
 * Stochastic depth (Huang et al. 2016, arXiv:1603.09382): in training, drops a residual branch of a
 * whole sample with probability `rate`, and scales the surviving ones by `1 / (1 - rate)`.
 */
export class DropPath extends Module {
  /**
   * The generator of the draws, on the CPU whatever the device. The training loop sets it, and the
   * rate.
   */
  generator: Generator | undefined;
  /**
   * The samples that a batch consists of where several processes share it: each then draws for all
   * of them. Default: those that are there.
   */
  rows: () => BatchRows | undefined = () => undefined;

  constructor(public rate: number) {
    super();
  }

  /** @param x [batch, ...]  @returns the same shape */
  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    const perSample = x.shape.map((size, axis) => (axis === 0 ? size : 1));
    const own = drawRows(perSample, { generator: this.generator, rows: this.rows() });
    return dropPath(x, upload(own, x.device), this.rate);
  }
}

/** @param draws uniform in [0, 1), [batch, 1, ...]: a sample survives from `rate` upwards */
export function dropPath(x: Tensor, draws: Tensor, rate: number): Tensor {
  const survivors = draws.add(1 - rate).floor();
  return x.div(1 - rate).mul(survivors.to(x.dtype));
}
