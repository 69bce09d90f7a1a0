/**
 * Copies between this program and a GPU that neither waits for; on the CPU there is nothing to
 * copy.
 */

import { dtypeCode, dtypeOfArray, type TypedArray } from '../addon/dtype.js';
import { TorchError } from '../addon/errors.js';
import { native } from '../addon/native.js';
import { resolveDevice } from '../device/device.js';
import { Tensor } from './tensor.js';

/**
 * The same values on a device. To a GPU they go through pinned memory, and what is computed from
 * them is queued behind; for what every step needs anew. `Tensor.to` is for what stays.
 *
 * @throws DeviceError when the device is not there
 */
export function upload(values: Tensor, device: string): Tensor {
  return new Tensor(native.upload(values.handle, resolveDevice(device)));
}

/**
 * The values of a typed array on a device, copied once: on the CPU into a tensor, else into pinned
 * memory, from where the GPU takes them as `upload` says.
 *
 * @throws DeviceError when the device is not there
 */
export function uploadArray(
  values: TypedArray,
  { shape, device }: { readonly shape: readonly number[]; readonly device: string },
): Tensor {
  const dtype = dtypeOfArray(values);
  if (!dtype) throw new TorchError('dtype', 'Expected a typed array of a type that tensors have.');
  return new Tensor(native.uploadArray(values, shape, dtypeCode(dtype), resolveDevice(device)));
}

/** A number that a device may still be computing. */
export interface LateNumber {
  /** Whether `value` has nothing to wait for. */
  readonly isKnown: boolean;
  /** The number; waits for the device where it has to. */
  value(): number;
}

/**
 * Asks for the value of a tensor with one element, without waiting for what computes it.
 *
 * @param scalar f32; it may be disposed or changed afterwards
 */
export function readLater(scalar: Tensor): LateNumber {
  if (!scalar.device.startsWith('cuda')) {
    const number = scalar.number();
    return { isKnown: true, value: () => number };
  }
  const reading = native.startReading(scalar.handle);
  return {
    get isKnown() {
      return native.isRead(reading);
    },
    value: () => native.finishReading(reading),
  };
}
