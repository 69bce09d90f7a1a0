/** Records the activity of a GPU while a program runs, by libtorch's profiler. */
import { TorchError } from '../addon/errors.js';
import { native, type TraceEvent } from '../addon/native.js';

export type { TraceEvent };

/**
 * Runs `body` and tells everything that the CPU queued and the GPU did. The body should wait for
 * the GPU at its end.
 *
 * @throws TorchError where the addon was built without CUDA
 */
export function trace(body: () => void): TraceEvent[] {
  if (!native.startTrace || !native.stopTrace) {
    throw new TorchError('trace', 'Expected an addon built with CUDA to trace a GPU.');
  }
  native.startTrace();
  let events: TraceEvent[] = [];
  try {
    body();
  } finally {
    events = native.stopTrace();
  }
  return events;
}
