import { type Tensor, zeros } from '@um-mae/torch';
import { Module, Parameter } from '@um-mae/torch/nn';

/**
 * LayerScale: a factor for every channel of what a residual branch adds (Touvron et al. 2021, CaiT,
 * arXiv:2103.17239, section 2.1).
 */
export class LayerScale extends Module {
  /** [channels] */
  readonly gamma: Parameter;

  /**
   * @param initial the value of all factors, small enough that a deep network begins near the
   *   identity
   */
  constructor(channels: number, initial: number) {
    super();
    this.gamma = new Parameter(zeros([channels]).fill_(initial));
  }

  /** @param x [..., channels]  @returns the same shape */
  forward(x: Tensor): Tensor {
    return x.mul(this.gamma);
  }
}
