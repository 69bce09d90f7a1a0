/** Ends work on one batch of images after the other by a signal. */
import { setImmediate } from 'node:timers/promises';

/**
 * Passes batches on.
 *
 * @throws the reason of the signal, before the batch that comes after it
 */
export async function* untilAborted<Batch>(
  batches: AsyncIterable<Batch>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Batch, void, undefined> {
  for await (const batch of batches) {
    // Lets signals through when the next images are already there.
    await setImmediate();
    signal?.throwIfAborted();
    yield batch;
  }
}
