import type { Generator } from '../../../device/random.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { upload } from '../../../tensor/transfer.js';
import { Module } from '../../module/module.js';
import { type BatchRows, drawRows } from './batch-rows.js';

/**
 * Dropout of whole channels of an image (Tompson et al. 2015, arXiv:1411.4280): in training a
 * channel becomes zero with probability `rate`, and the others are divided by `1 - rate`.
 */
export class DropChannels extends Module {
  /**
   * The samples that a batch consists of where several processes share it: each then draws for all
   * of them. Default: those that are there.
   */
  rows: () => BatchRows | undefined = () => undefined;
  readonly #generator: Generator;

  /**
   * @param rate the share of the channels that are dropped
   * @param options the generator that draws, on the CPU whatever the device
   */
  constructor(
    readonly rate: number,
    { generator }: { readonly generator: Generator },
  ) {
    super();
    this.#generator = generator;
  }

  /** @param x [batch, channels, height, width]  @returns the same shape */
  forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x;
    const shape = x.shape.slice(0, 2);
    const draws = drawRows(shape, { generator: this.#generator, rows: this.rows() });
    return dropChannels(x, upload(draws.ge(this.rate), x.device), this.rate);
  }
}

/** @param kept bool [batch, channels]: the others become zero */
export function dropChannels(x: Tensor, kept: Tensor, rate: number): Tensor {
  const scale = kept.to(x.dtype).div(1 - rate);
  return x.mul(scale.unsqueeze(-1).unsqueeze(-1));
}
