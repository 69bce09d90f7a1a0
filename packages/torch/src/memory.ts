/** What tensors hold. */
import { native } from './native.js';

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
