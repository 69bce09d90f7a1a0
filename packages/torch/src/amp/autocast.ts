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
 */
export function autocast<Result>(options: AutocastOptions, body: () => Result): Result {
  const device = resolveDevice(options.device);
  if (options.dtype === 'f16' && !device.startsWith('cuda')) {
    throw new TorchError('dtype', `Expected dtype bf16 for autocast on ${device} but got f16.`);
  }
  const outer = native.enterAutocast(device, dtypeCode(options.dtype));
  try {
    return body();
  } finally {
    native.exitAutocast(device, outer);
  }
}
