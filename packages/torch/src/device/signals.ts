/** Signals that end the process although JavaScript is inside libtorch, where it sees none. */
import { constants } from 'node:os';
import { native } from '../addon/native.js';

/**
 * Lets a second one of these signals end the process at once, also in the middle of an operator.
 * Node's listeners have to be there already; they get the first one.
 *
 * @param exitCodes of a process that is at rest, by the names of the signals
 *
 * @example
 * ```ts
 * import { setAtRest, watchSignals } from '@um-mae/torch';
 *
 * watchSignals({ SIGTERM: 143 });
 * process.once('SIGTERM', () => console.log('saving, then the end'));
 * setAtRest(true); // nothing would be lost now
 * ```
 */
export function watchSignals(exitCodes: Partial<Record<NodeJS.Signals, number>>): void {
  const names = Object.keys(exitCodes) as NodeJS.Signals[];
  native.watchSignals(
    names.map((name) => constants.signals[name]),
    Object.values(exitCodes),
  );
}

/**
 * Says whether nothing would be lost if the process ended. While it is so, the first signal that is
 * watched ends it, too, unless it ends by itself within a second.
 */
export function setAtRest(atRest: boolean): void {
  native.setAtRest(atRest);
}
