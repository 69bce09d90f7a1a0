import type { Generator } from '../../../device/random.js';
import { convTranspose2d, empty } from '../../../generated/operators.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { Module } from '../../module/module.js';
import { Parameter } from '../../module/parameter.js';

/**
 * A 2-D convolution backwards, whose stride is the side of its kernel: each place becomes a square
 * of places. Starts as PyTorch's does, uniform in +-1 / sqrt(outputs x kernel x kernel).
 */
export class TransposedConv2d extends Module {
  /** [inputs, outputs, kernel, kernel] */
  readonly weight: Parameter;
  /** [outputs] */
  readonly bias: Parameter;
  readonly #stride: number;

  constructor(
    inputs: number,
    outputs: number,
    { kernel, generator }: { readonly kernel: number; readonly generator: Generator },
  ) {
    super();
    const bound = (outputs * kernel * kernel) ** -0.5;
    const uniform = (shape: readonly number[]) =>
      new Parameter(empty(shape).uniform_({ from: -bound, to: bound, generator }));
    this.weight = uniform([inputs, outputs, kernel, kernel]);
    this.bias = uniform([outputs]);
    this.#stride = kernel;
  }

  /**
   * @param x [batch, inputs, height, width]
   * @returns [batch, outputs, kernel * height, kernel * width]
   */
  forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, { bias: this.bias, stride: this.#stride });
  }
}
