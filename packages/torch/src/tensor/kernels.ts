/**
 * Decides which fused operators can be used. Only this file chooses between a kernel and its
 * composition.
 */
import { native } from '../addon/native.js';
import type { Tensor } from './tensor.js';

/** `um::` are operators of `native/`, `aten::` those of libtorch that came with 2.0. */
export type Kernel = keyof typeof kernels;

/** The tensors that a kernel takes, by kind of device; none where the kind is missing. */
interface KernelSupport {
  readonly cpu?: (tensor: Tensor) => boolean;
  readonly cuda?: (tensor: Tensor) => boolean;
}

const isSingle = ({ dtype }: Tensor) => dtype === 'f32';
const isBrain = ({ dtype }: Tensor) => dtype === 'bf16';
const isSingleOrBrain = (tensor: Tensor) => isSingle(tensor) || isBrain(tensor);
const isHalf = ({ dtype }: Tensor) => dtype === 'bf16' || dtype === 'f16';
const isAny = () => true;

const kernels = {
  'um::adamw_': { cpu: isSingle },
  'um::attention': { cpu: isSingleOrBrain },
  'um::layer_norm': { cpu: isSingle, cuda: isAny },
  'um::linear': { cpu: isSingleOrBrain, cuda: isAny },
  'um::nms': { cpu: isSingle },
  'um::paste_masks': { cpu: isSingle },
  'um::roi_align': { cpu: isSingle },
  'um::soft_nms': { cpu: isSingle },
  'um::product': { cpu: isSingleOrBrain },
  'um::window_attention': { cpu: isSingleOrBrain, cuda: isHalf },
  'aten::_fused_adamw_': { cuda: isAny },
  'aten::scaled_dot_product_attention': { cuda: isAny },
} as const satisfies Readonly<Record<string, KernelSupport>>;

/**
 * Whether a kernel is built for the device of these tensors (products on the CPU need oneDNN,
 * kernels for GPUs CUDA's compiler), and takes them. On a CPU without products of bf16 none is used
 * for those, nor under autocast.
 */
export function hasKernel(kernel: Kernel, ...tensors: readonly Tensor[]): boolean {
  const support: KernelSupport = kernels[kernel];
  return (
    tensors.every((tensor) => {
      const kind = tensor.device.startsWith('cuda') ? 'cuda' : 'cpu';
      return support[kind]?.(tensor) === true && tensor.device.startsWith(kind);
    }) && native.offersKernel(kernel, tensors[0]?.device ?? 'cpu', tensors.some(isBrain))
  );
}

/**
 * Turns all kernels off, or on again, in this thread: their compositions of libtorch's operators
 * run instead. For measuring what the kernels bring; they are on to begin with.
 */
export function useKernels(on: boolean): void {
  native.useKernels(on);
}
