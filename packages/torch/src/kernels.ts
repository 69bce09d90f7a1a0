/** Which fused operators can be used: the one place where a kernel is chosen over its composition. */
import { native } from './native.js';
import type { Tensor } from './tensor.js';

/** `um::`: operators of `native/kernels/`. `aten::`: libtorch's own, from 2.0 on. */
export type Kernel =
  | 'um::adamw_'
  | 'um::attention'
  | 'um::linear'
  | 'um::window_attention'
  | 'aten::_fused_adamw_'
  | 'aten::scaled_dot_product_attention';

/**
 * Whether a kernel is built (our products need oneDNN), and takes these tensors. Ours: f32 on the CPU, no autocast.
 * libtorch's: any on CUDA.
 */
export function hasKernel(kernel: Kernel, ...tensors: readonly Tensor[]): boolean {
  const fits = kernel.startsWith('um::') ? isPlain : isOnGpu;
  return tensors.every(fits) && native.offersKernel(kernel);
}

function isPlain({ device, dtype }: Tensor): boolean {
  return device === 'cpu' && dtype === 'f32';
}

function isOnGpu({ device }: Tensor): boolean {
  return device.startsWith('cuda');
}

/**
 * Turns all kernels off, or on again, in this thread: their compositions of libtorch's operators run instead.
 * For measuring what the kernels bring; they are on to begin with.
 */
export function useKernels(on: boolean): void {
  native.useKernels(on);
}
