import { dtypeCode } from '../addon/dtype.js';
import { TorchError } from '../addon/errors.js';
import { native } from '../addon/native.js';
import { resolveDevice } from '../device/device.js';

export interface AutocastOptions {
  /** The device of the computation: `cpu`, `cuda`, ... */
  readonly device: string;
  readonly dtype: 'bf16' | 'f16';
}

/**
 * Runs `body` in mixed precision (Micikevicius et al. 2018, arXiv:1710.03740): matrix products and
 * convolutions take 16-bit inputs, what needs range or precision stays `f32`. Backward passes
 * belong outside; they use the types of their forward.
 *
 * @throws DeviceError when the device is not there; TorchError for `f16` elsewhere than on CUDA
 *
 * @example
 * ```ts
 * import { ones } from '@um-mae/torch';
 * import { autocast } from '@um-mae/torch/amp';
 *
 * const x = ones([2, 2]);
 * console.log(autocast({ device: 'cpu', dtype: 'bf16' }, () => x.matmul(x)).dtype); // bf16
 * ```
 */
export function autocast<Result>(options: AutocastOptions, body: () => Result): Result {
  const device = resolveDevice(options.device);
  if (options.dtype === 'f16' && !device.startsWith('cuda')) {
    throw new TorchError('dtype', `Expected dtype bf16 for autocast on ${device} but got f16.`);
  }
  return within(device, dtypeCode(options.dtype), body);
}

/** Whether `autocast` is on for this kind of device. */
export function isAutocast(device: string): boolean {
  return native.autocastCode(device) !== off;
}

/** Runs `body` as it runs outside of `autocast`. */
export function withoutAutocast<Result>(device: string, body: () => Result): Result {
  return within(device, off, body);
}

/** The code of no type. */
const off = -1;

function within<Result>(device: string, code: number, body: () => Result): Result {
  const outer = native.enterAutocast(device, code);
  try {
    return body();
  } finally {
    native.exitAutocast(device, outer);
  }
}
