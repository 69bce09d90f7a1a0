import { isAutocast, withoutAutocast } from '../../../amp/autocast.js';
import type { Generator } from '../../../device/random.js';
import { conv2d, zeros } from '../../../generated/operators.js';
import { isGradEnabled } from '../../../tensor/autograd.js';
import { hasKernel } from '../../../tensor/kernels.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { heNormalFanOut } from '../../init.js';
import { Module } from '../../module/module.js';
import { Parameter } from '../../module/parameter.js';
import { affine } from '../linear.js';

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
  readonly #kernel: number;
  readonly #stride: number;
  readonly #padding: number;

  constructor(inputs: number, outputs: number, options: Conv2dOptions) {
    super();
    const { kernel, stride = 1, padding = 0, generator } = options;
    this.weight = new Parameter(heNormalFanOut([outputs, inputs, kernel, kernel], { generator }));
    this.#kernel = kernel;
    this.#stride = stride;
    this.#padding = padding;
  }

  /** @param x [batch, inputs, height, width]  @returns [batch, outputs, height', width'] */
  forward(x: Tensor): Tensor {
    return this.convolve(x);
  }

  protected convolve(x: Tensor, bias?: Tensor): Tensor {
    if (this.#isProduct(x)) return this.#multiply(x, bias);
    if (this.#isMiscalculated(x)) return this.#convolveInSingle(x, bias);
    return conv2d(x, this.weight, { bias, stride: this.#stride, padding: this.#padding });
  }

  /**
   * Whether oneDNN (2.6, with instructions for bf16) computes the gradient of the weight in bf16
   * from memory beside the rows: it does where these are shorter than the stride.
   */
  #isMiscalculated(x: Tensor): boolean {
    const [, , , width] = x.sizes(4);
    return width < this.#stride && x.device === 'cpu' && (x.dtype === 'bf16' || isAutocast('cpu'));
  }

  #convolveInSingle(x: Tensor, bias?: Tensor): Tensor {
    const [stride, padding] = [this.#stride, this.#padding];
    const weight = this.weight.to('f32');
    const convolved = withoutAutocast('cpu', () =>
      conv2d(x.to('f32'), weight, { bias: bias?.to('f32'), stride, padding }),
    );
    return convolved.to('bf16');
  }

  /**
   * Whether the kernel lies side by side on pixels whose channels are side by side: then it is a
   * matrix, which does not have to be turned in every pass of an evaluation.
   */
  #isProduct(x: Tensor): boolean {
    const isTiled = this.#stride === this.#kernel && this.#padding === 0 && x.strides[1] === 1;
    const isEvaluated = !this.training && !isGradEnabled();
    return isTiled && isEvaluated && hasKernel('um::linear', x, this.weight);
  }

  #multiply(x: Tensor, bias?: Tensor): Tensor {
    const { weight } = this;
    const matrix = this.constant('matrix', {
      key: 'matrix',
      device: x.device,
      weights: [weight],
      compute: () => weight.permute([0, 2, 3, 1]).flatten({ startDim: 1 }),
    });
    const tiles = tilesOf(x.permute([0, 2, 3, 1]), this.#kernel);
    return affine(tiles, { weight: matrix, bias }).permute([0, 3, 1, 2]);
  }
}

/**
 * Squares of pixels, one after the other; what is left at the end of a side is dropped.
 *
 * @param x [batch, height, width, channels]
 * @returns [batch, rows, columns, side * side * channels]
 */
function tilesOf(x: Tensor, side: number): Tensor {
  if (side === 1) return x;
  const [batch, height, width, channels] = x.sizes(4);
  const [rows, columns] = [Math.floor(height / side), Math.floor(width / side)];
  const whole = height % side === 0 ? x : x.narrow(1, 0, rows * side);
  return (width % side === 0 ? whole : whole.narrow(2, 0, columns * side))
    .reshape([batch, rows, side, columns, side, channels])
    .transpose(2, 3)
    .reshape([batch, rows, columns, side * side * channels]);
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
