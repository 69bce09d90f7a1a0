/** Reports the memory of tensors. */
import { type DeviceMemory, native } from '../addon/native.js';

export type { DeviceMemory };

export interface Memory {
  /** Tensors that JavaScript holds in this thread. */
  readonly tensors: number;
  /** Bytes of CPU memory that libtorch holds in the whole process, autograd's included. */
  readonly bytes: number;
  /** Most bytes held at once since the start or `resetPeakMemory`. */
  readonly peakBytes: number;
}

export function memory(): Memory {
  return native.memory();
}

export function resetPeakMemory(): void {
  native.resetPeakMemory();
}

/** @returns undefined on the CPU, and where the addon was built without CUDA */
export function deviceMemory(device: string): DeviceMemory | undefined {
  return device.startsWith('cuda') ? native.deviceMemory?.(device) : undefined;
}

/** Starts to measure the peak memory of a GPU. Does nothing on the CPU. */
export function resetDevicePeakMemory(device: string): void {
  if (device.startsWith('cuda')) native.resetDevicePeakMemory?.(device);
}
