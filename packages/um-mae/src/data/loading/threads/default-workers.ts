import { availableParallelism } from 'node:os';

/**
 * Threads that decode images where nobody says how many: they keep up with a processor; a fast
 * device wants more.
 *
 * @param processes that share the machine
 */
export function defaultWorkers(processes = 1): number {
  return Math.max(1, Math.min(8, Math.floor((availableParallelism() - 1) / processes)));
}
