/** Work of a GPU that is recorded once and then started as one. */
import { TorchError } from '../addon/errors.js';
import { native } from '../addon/native.js';

/** A recorded computation with its result. */
export interface Recording<Result> {
  /**
   * The result of `body`. Every replay writes its values into the same tensors, which are valid
   * only once the replay is queued.
   */
  readonly result: Result;
  /**
   * Queues the work once more, on whatever its inputs hold by then; what else `body` does is not
   * done again.
   */
  replay(): void;
}

export interface RecordOptions {
  /**
   * A recording before this one in whose memory it may work; the two are then replayed in this
   * order.
   */
  readonly after?: Recording<unknown> | undefined;
}

/** The native part of each recording. */
const graphs = new WeakMap<Recording<unknown>, object>();

/**
 * Records what `body` gives a GPU to do, without doing it: as a CUDA graph, whose start costs as
 * much as that of one operator. `body` must not wait for the GPU, and sizes and addresses stay as
 * they are: it reads tensors that are there before and that later replays find filled anew.
 *
 * @param device a CUDA device
 * @throws TorchError where libtorch has no CUDA, or when `body` waits for the GPU
 *
 * @example
 * ```ts
 * import { canRecord, randn, record, trace } from '@um-mae/torch';
 *
 * const device = 'cuda';
 * if (canRecord(device)) {
 *   const input = randn([64, 64], { device });
 *   const step = record(device, () => input.matmul(input).sum());
 *   const events = trace(() => {
 *     step.replay();
 *     console.log(step.result.number());
 *   });
 *   console.log(events.length);
 * }
 * ```
 */
export function record<Result>(
  device: string,
  body: () => Result,
  { after }: RecordOptions = {},
): Recording<Result> {
  if (!native.startGraph) {
    throw new TorchError('graph', `Expected an addon built with CUDA to record work on ${device}.`);
  }
  const graph = native.startGraph(device, after && graphs.get(after));
  let result: Result;
  try {
    result = body();
    native.endGraph?.(graph);
  } catch (error) {
    native.dropRecording?.(graph);
    throw error;
  }
  const recording = { result, replay: () => native.replayGraph?.(graph) };
  graphs.set(recording, graph);
  return recording;
}

/** Whether work on this device can be recorded. */
export function canRecord(device: string): boolean {
  return device.startsWith('cuda') && native.startGraph !== undefined;
}
