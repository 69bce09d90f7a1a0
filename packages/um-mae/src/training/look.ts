/** The look at an epoch that has ended, such as an evaluation, which a signal may break off. */
import { GroupError } from '@um-mae/torch/distributed';
import { isStop } from '../data/loading/in-parts.js';

/**
 * Whether an error means that a look was not done to its end: by a signal, of this process or of
 * another, or because another one that has had it has left at once.
 */
export function isEndOfLook(error: unknown, signal: AbortSignal): boolean {
  return isStop(error, signal) || (signal.aborted && error instanceof GroupError);
}
