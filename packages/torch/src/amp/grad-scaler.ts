/**
 * Loss scaling, which keeps small gradients of half-precision training from becoming zero.
 *
 * Source: Micikevicius et al. 2018, arXiv:1710.03740, section 3.2; schedule as in PyTorch.
 */

import { DeviceError } from '../addon/errors.js';
import { resolveDevice } from '../device/device.js';
import { fullLike, zeros } from '../generated/operators.js';
import { noGrad } from '../tensor/autograd.js';
import { callOperator } from '../tensor/operator.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';

export interface GradScalerOptions {
  /** A CUDA device: half-precision training is bound there only. */
  readonly device: string;
  readonly initialScale?: number;
  readonly growthFactor?: number;
  readonly backoffFactor?: number;
  /** Steps without overflow after which the scale grows. */
  readonly growthInterval?: number;
}

/** The state that later scales depend on. */
export interface GradScalerState {
  readonly scale: number;
  /** Steps without overflow since the scale last changed. */
  readonly growthTracker: number;
}

/**
 * Scales losses so that gradients in half precision do not underflow. In every step, call
 * `scale(loss).backward()`, `unscale(parameters)`, clip if wanted, and `step(...)`.
 */
export class GradScaler {
  /** f32 [] */
  readonly #scale: Tensor;
  /** i32 [] */
  readonly #growthTracker: Tensor;
  /** f32 [1]: not 0 once a gradient was infinite or NaN. */
  readonly #overflow: Tensor;
  readonly #growthFactor: number;
  readonly #backoffFactor: number;
  readonly #growthInterval: number;

  /** @throws DeviceError unless the device is a CUDA device that is there */
  constructor(options: GradScalerOptions) {
    const device = resolveDevice(options.device);
    if (!device.startsWith('cuda')) {
      throw new DeviceError(`Expected a CUDA device for gradient scaling but got ${device}.`);
    }
    this.#scale = zeros([], { device })
      .fill_(options.initialScale ?? 2 ** 16)
      .keep();
    this.#growthTracker = zeros([], { dtype: 'i32', device }).keep();
    this.#overflow = zeros([1], { device }).keep();
    this.#growthFactor = options.growthFactor ?? 2;
    this.#backoffFactor = options.backoffFactor ?? 0.5;
    this.#growthInterval = options.growthInterval ?? 2000;
  }

  /** The loss to start the backward pass from. */
  scale(loss: Tensor): Tensor {
    return loss.mul(this.#scale);
  }

  /** Divides the gradients by the scale, and looks for overflow in them. Once per step. */
  unscale(parameters: Iterable<Tensor>): void {
    scope(() =>
      noGrad(() => {
        const gradients = [...parameters].flatMap((parameter) => parameter.grad ?? []);
        const inverse = fullLike(this.#scale, 1).div(this.#scale);
        callOperator(
          'aten::_amp_foreach_non_finite_check_and_unscale_',
          gradients,
          this.#overflow,
          inverse,
        );
      }),
    );
  }

  /**
   * Runs `optimize` unless a gradient overflowed, then adjusts the scale.
   *
   * @returns whether it ran
   */
  step(optimize: () => void): boolean {
    const finite = this.#overflow.number() === 0;
    if (finite) optimize();
    callOperator(
      'aten::_amp_update_scale_',
      this.#scale,
      this.#growthTracker,
      this.#overflow,
      this.#growthFactor,
      this.#backoffFactor,
      this.#growthInterval,
    );
    this.#overflow.zero_();
    return finite;
  }

  state(): GradScalerState {
    return { scale: this.#scale.number(), growthTracker: this.#growthTracker.number() };
  }

  loadState(state: GradScalerState): void {
    this.#scale.fill_(state.scale);
    this.#growthTracker.fill_(state.growthTracker);
  }
}
