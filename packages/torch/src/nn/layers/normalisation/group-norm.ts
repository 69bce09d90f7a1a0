import { groupNorm, ones, zeros } from '../../../generated/operators.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { Module } from '../../module/module.js';
import { Parameter } from '../../module/parameter.js';

/**
 * Normalisation of groups of channels of one image (Wu and He 2018, arXiv:1803.08494): no image
 * depends on the others, so that it takes batches of one.
 */
export class GroupNorm extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly groups: number;

  /** @param groups a divisor of the channels */
  constructor(groups: number, channels: number) {
    super();
    this.weight = new Parameter(ones([channels]));
    this.bias = new Parameter(zeros([channels]));
    this.groups = groups;
  }

  /** @param x [batch, channels, height, width]  @returns the same shape */
  forward(x: Tensor): Tensor {
    const { weight, bias } = this;
    return groupNorm(x.to(weight.dtype), this.groups, { weight, bias });
  }
}
