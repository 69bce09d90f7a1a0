/** Which of our own operators can be used: the one place where a kernel is chosen over its composition. */
import { native } from './native.js';
import type { Tensor } from './tensor.js';

/** The operators of `native/kernels/`. */
export type Kernel = 'um::adamw_' | 'um::attention' | 'um::linear' | 'um::window_attention';

/** Whether a kernel is built (products need oneDNN), and takes these tensors: f32 on the CPU, no autocast. */
export function hasKernel(kernel: Kernel, ...tensors: readonly Tensor[]): boolean {
  const fits = tensors.every(({ device, dtype }) => device === 'cpu' && dtype === 'f32');
  return fits && native.offersKernel(kernel);
}

/**
 * Turns all kernels off, or on again, in this thread: their compositions of libtorch's operators run instead.
 * For measuring what the kernels bring; they are on to begin with.
 */
export function useKernels(on: boolean): void {
  native.useKernels(on);
}
