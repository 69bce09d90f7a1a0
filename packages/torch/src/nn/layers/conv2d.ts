import type { Generator } from '../../device/random.js';
import { conv2d, zeros } from '../../generated/operators.js';
import type { Tensor } from '../../tensor/tensor.js';
import { heNormalFanOut } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

export interface Conv2dOptions {
  /** Side of the square kernel. */
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly generator?: Generator;
}

/**
 * 2-D convolution without a bias, which a norm that follows would undo. Starts normal with variance
 * 2 / fan-out.
 */
export class UnbiasedConv2d extends Module {
  /** [outputs, inputs, kernel, kernel] */
  readonly weight: Parameter;
  readonly #stride: number;
  readonly #padding: number;

  constructor(inputs: number, outputs: number, options: Conv2dOptions) {
    super();
    const { kernel, stride = 1, padding = 0, generator } = options;
    this.weight = new Parameter(heNormalFanOut([outputs, inputs, kernel, kernel], { generator }));
    this.#stride = stride;
    this.#padding = padding;
  }

  /** @param x [batch, inputs, height, width]  @returns [batch, outputs, height', width'] */
  forward(x: Tensor): Tensor {
    return this.convolve(x);
  }

  protected convolve(x: Tensor, bias?: Tensor): Tensor {
    return conv2d(x, this.weight, { bias, stride: this.#stride, padding: this.#padding });
  }
}

/** 2-D convolution. Starts normal with variance 2 / fan-out and zero bias. */
export class Conv2d extends UnbiasedConv2d {
  /** [outputs] */
  readonly bias: Parameter;

  constructor(inputs: number, outputs: number, options: Conv2dOptions) {
    super(inputs, outputs, options);
    this.bias = new Parameter(zeros([outputs]));
  }

  override forward(x: Tensor): Tensor {
    return this.convolve(x, this.bias);
  }
}
