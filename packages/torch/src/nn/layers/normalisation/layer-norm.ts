import { layerNorm, ones, zeros } from '../../../generated/operators.js';
import { isGradEnabled } from '../../../tensor/autograd.js';
import { hasKernel } from '../../../tensor/kernels.js';
import { callOperator } from '../../../tensor/operator.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { Module } from '../../module/module.js';
import { Parameter } from '../../module/parameter.js';

/** Layer normalisation over the last dimension (Ba et al. 2016, arXiv:1607.06450). */
export class LayerNorm extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly #channels: number;
  /** Keeps the division finite. */
  readonly epsilon: number;

  constructor(channels: number, options: { epsilon?: number } = {}) {
    super();
    this.weight = new Parameter(ones([channels]));
    this.bias = new Parameter(zeros([channels]));
    this.#channels = channels;
    this.epsilon = options.epsilon ?? 1e-5;
  }

  /**
   * Normalises over the channels. Under autocast the result is in half precision on a GPU with our
   * kernels, and f32 elsewhere. The CPU's kernel has no gradient: it is for
   * evaluation.
   *
   * @param x [..., channels]
   * @returns the same shape
   */
  forward(x: Tensor): Tensor {
    const { weight, bias, epsilon } = this;
    const isEvaluated = !this.training && !isGradEnabled();
    if (hasKernel('um::layer_norm', x) && (x.device !== 'cpu' || isEvaluated))
      return callOperator('um::layer_norm', x, weight, bias, epsilon) as Tensor;
    // Under autocast the input may be in half precision; the norm is computed in that of its
    // weights.
    return layerNorm(x.to(weight.dtype), [this.#channels], { weight, bias, eps: epsilon });
  }
}
