/** Flags that name the weights that a run begins with. */
import type { Command } from 'commander';

export interface StartFlags {
  readonly from?: string;
  readonly entry?: string;
  readonly resizePositions?: boolean;
}

/** @param describe the description of a value of the recipe, by its path */
export function addStartFlags(command: Command, describe: (path: string) => string): Command {
  return command
    .option('--from <path>', 'a run, a checkpoint or a weights file; none: train from scratch')
    .option('--entry <name>', describe('entry'))
    .option('--resize-positions', describe('resizePositions'));
}

/** The values of the flags; null weights for `none`, undefined where nothing was said. */
export function startValues({ from, entry, resizePositions }: StartFlags) {
  return { from: from === 'none' ? null : from, entry, resizePositions };
}
