import type { Generator } from '../../device/random.js';
import { rand } from '../../generated/operators.js';
import type { Tensor } from '../../tensor/tensor.js';
import { upload } from '../../tensor/transfer.js';
import { Module } from '../module.js';

/**
 * Dropout of whole channels of an image (Tompson et al. 2015, arXiv:1411.4280): in training a
 * channel becomes zero with probability `rate`, and the others are divided by `1 - rate`.
 */
export class DropChannels extends Module {
  readonly #generator: Generator;

  /** @param options.generator draws, on the CPU whatever the device */
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
    const draws = rand(x.shape.slice(0, 2), { generator: this.#generator, dtype: 'f32' });
    return dropChannels(x, upload(draws.ge(this.rate), x.device), this.rate);
  }
}

/** @param kept bool [batch, channels]: the others become zero */
export function dropChannels(x: Tensor, kept: Tensor, rate: number): Tensor {
  const scale = kept.to(x.dtype).div(1 - rate);
  return x.mul(scale.unsqueeze(-1).unsqueeze(-1));
}
