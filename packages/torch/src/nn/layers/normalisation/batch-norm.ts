import { batchNorm, ones, zeros } from '../../../generated/operators.js';
import { type Tensor, tensor } from '../../../tensor/tensor.js';
import { Module } from '../../module/module.js';
import { Parameter } from '../../module/parameter.js';

/** Settings of the statistics. */
export interface BatchNorm2dOptions {
  /** Keeps the division finite. Default 1e-5. */
  readonly epsilon?: number;
  /** Share of a new batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
  /** Whether training, too, uses the running statistics, and leaves them. Default false. */
  readonly frozen?: boolean;
}

/** The statistics of a batch that several processes share. */
export interface SharedStatistics {
  /** Normalises `x` as `norm` does, and moves its running statistics, alike in all processes. */
  normalise(x: Tensor, norm: BatchNorm2d): Tensor;
}

/**
 * Batch normalisation of every channel (Ioffe and Szegedy 2015, arXiv:1502.03167): in training by
 * the mean and the biased variance of the batch, which move the running statistics; else by these.
 * The running variance is unbiased. A single value for each channel has no variance: then the
 * running statistics are used, and stay.
 */
export class BatchNorm2d extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  /** [channels] */
  readonly running_mean: Tensor;
  /** [channels] */
  readonly running_var: Tensor;
  /** i64 [], batches that training has seen. */
  readonly num_batches_tracked: Tensor;
  readonly epsilon: number;
  readonly momentum: number;
  /**
   * Takes statistics in training, where several processes share a batch. The training loop sets it.
   * Default: they are those of the images that are there.
   */
  shared: SharedStatistics | undefined;
  readonly #frozen: boolean;

  constructor(channels: number, options: BatchNorm2dOptions = {}) {
    super();
    const { epsilon = 1e-5, momentum = 0.1, frozen = false } = options;
    this.weight = new Parameter(ones([channels]));
    this.bias = new Parameter(zeros([channels]));
    this.running_mean = zeros([channels]).keep();
    this.running_var = ones([channels]).keep();
    this.num_batches_tracked = tensor(0, { dtype: 'i64' }).keep();
    this.epsilon = epsilon;
    this.momentum = momentum;
    this.#frozen = frozen;
  }

  /**
   * Computed in the type of its weights, also under autocast.
   *
   * @param x [batch, channels, height, width]
   * @returns the same shape
   */
  forward(x: Tensor): Tensor {
    const { weight, bias, running_mean: mean, running_var: variance, training } = this;
    const own = x.to(weight.dtype);
    const learns = training && !this.#frozen;
    if (learns && this.shared) return this.shared.normalise(own, this);
    const counts = learns && x.elements > weight.elements;
    if (counts) this.num_batches_tracked.add_(1);
    return batchNorm(own, weight, bias, mean, variance, counts, this.momentum, this.epsilon, true);
  }
}
