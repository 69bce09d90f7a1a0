/** Initial values of weights, drawn from a given generator. */

import type { Generator } from '../device/random.js';
import { empty } from '../generated/operators.js';
import type { Tensor } from '../tensor/tensor.js';

export interface InitOptions {
  /** Default: libtorch's global generator of the thread. */
  readonly generator?: Generator | undefined;
}

/**
 * Uniform in +-sqrt(6 / (fan in + fan out)) (Glorot & Bengio 2010).
 *
 * @param shape [outputs, inputs, ...kernel], or any shape of which `fans` tells both
 *
 * @example
 * ```ts
 * import { Generator } from '@um-mae/torch';
 * import { heNormalFanOut, normal, Parameter, xavierUniform } from '@um-mae/torch/nn';
 *
 * const generator = new Generator(0);
 * const weights = [
 *   new Parameter(xavierUniform([16, 8], { generator })), //       of a linear layer
 *   new Parameter(heNormalFanOut([16, 3, 3, 3], { generator })), // of a convolution
 *   new Parameter(normal([1, 16], 0.02, { generator })), //         of a token
 * ];
 * console.log(weights.map(({ elements }) => elements).join(' ')); // 128 432 16
 * ```
 */
export function xavierUniform(shape: readonly number[], options: InitOptions = {}): Tensor {
  const { fanIn, fanOut } = fans(shape);
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return empty(shape).uniform_({ from: -bound, to: bound, generator: options.generator });
}

/** Normal with variance 2 / fan out (He et al. 2015, arXiv:1502.01852). */
export function heNormalFanOut(shape: readonly number[], options: InitOptions = {}): Tensor {
  return normal(shape, Math.sqrt(2 / fans(shape).fanOut), options);
}

/** Draws from a normal distribution with mean 0. */
export function normal(shape: readonly number[], std: number, options: InitOptions = {}): Tensor {
  return empty(shape).normal_({ std, generator: options.generator });
}

/** Fan in and fan out of a weight [outputs, inputs, ...kernel]. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const [outputs = 1, inputs = 1, ...kernel] = shape;
  const area = kernel.reduce((product, side) => product * side, 1);
  return { fanIn: inputs * area, fanOut: outputs * area };
}
