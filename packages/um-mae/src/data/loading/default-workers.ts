import { availableParallelism } from 'node:os';

/**
 * Threads that decode images where nobody says how many: they keep up with a processor; a fast
 * device wants more.
 */
export function defaultWorkers(): number {
  return Math.max(1, Math.min(8, availableParallelism() - 1));
}
