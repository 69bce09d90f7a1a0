/** The moment at which a command line began, from which a budget of time counts. */
import type { Command } from 'commander';

const key = 'startMs';

/** @param startMs by `performance.now()` */
export function setStart(root: Command, startMs: number): void {
  root.setOptionValue(key, startMs);
}

/** Returns the time of `setStart` for any command of the program. */
export function startOf(command: Command): number {
  return command.optsWithGlobals<{ readonly [key]: number }>()[key];
}
