import type { Generator } from '../../device/random.js';
import { linear, zeros } from '../../generated/operators.js';
import { hasKernel } from '../../tensor/kernels.js';
import { callOperator } from '../../tensor/operator.js';
import type { Tensor } from '../../tensor/tensor.js';
import { xavierUniform } from '../init.js';
import { Module } from '../module/module.js';
import { Parameter } from '../module/parameter.js';

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
 *
 * @example
 * ```ts
 * import { ones, tensor } from '@um-mae/torch';
 * import { affine, batchMean, dropChannels, dropPath, ownDivisor, rowsOf } from '@um-mae/torch/nn';
 *
 * const x = ones([2, 4]);
 * console.log(affine(x, { weight: ones([3, 4]), bias: ones([3]) }).sum().number()); // 30
 * // The first sample falls below the rate and is dropped; the other one makes up for it.
 * console.log(dropPath(x, tensor([[0.1], [0.9]]), 0.5).toArray().join(' ')); // 0 0 0 0 2 2 2 2
 * const kept = tensor([[1, 1, 0, 1], [1, 1, 1, 1]]).gt(0);
 * console.log(dropChannels(ones([2, 4, 1, 1]), kept, 0.25).elements); // 8
 * // The second of two processes, of a batch of four.
 * console.log(rowsOf(ones([4, 3]), { first: 2, count: 2, of: 4 }).shape.join(' ')); // 2 3
 * console.log(batchMean(tensor(3), 5, ownDivisor).number()); // 3
 * ```
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
