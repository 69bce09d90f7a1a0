import type { Generator } from '../../device/random.js';
import { linear, zeros } from '../../generated/operators.js';
import { hasKernel } from '../../tensor/kernels.js';
import { callOperator } from '../../tensor/operator.js';
import type { Tensor } from '../../tensor/tensor.js';
import { xavierUniform } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

export interface LinearOptions {
  readonly bias?: boolean;
  readonly generator?: Generator;
}

/** `x W^T + b` over the last dimension. Starts Xavier-uniform with zero bias. */
export class Linear extends Module {
  /** [outputs, inputs] */
  readonly weight: Parameter;
  /** [outputs] */
  readonly bias: Parameter | undefined;

  constructor(inputs: number, outputs: number, options: LinearOptions = {}) {
    super();
    const { bias = true, generator } = options;
    this.weight = new Parameter(xavierUniform([outputs, inputs], { generator }));
    this.bias = bias ? new Parameter(zeros([outputs])) : undefined;
  }

  /** @param x [..., inputs]  @returns [..., outputs] */
  forward(x: Tensor): Tensor {
    return affine(x, this);
  }

  /**
   * The same of the exact `gelu(x)`, which the kernel computes again in the backward pass instead
   * of storing it.
   *
   * @param x [..., inputs]  @returns [..., outputs]
   */
  forwardGelu(x: Tensor): Tensor {
    return affine(x, this, { afterGelu: true });
  }
}

/**
 * `x W^T + b` over the last dimension, or the same of `gelu(x)`.
 *
 * @param x [..., inputs]
 * @param layer weight [outputs, inputs] and bias [outputs]
 * @returns [..., outputs]
 */
export function affine(
  x: Tensor,
  { weight, bias }: { readonly weight: Tensor; readonly bias?: Tensor | undefined },
  { afterGelu = false }: { readonly afterGelu?: boolean } = {},
): Tensor {
  if (hasKernel('um::linear', x, weight))
    return callOperator('um::linear', x, weight, bias, afterGelu) as Tensor;
  return linear(afterGelu ? x.gelu() : x, weight, { bias });
}
