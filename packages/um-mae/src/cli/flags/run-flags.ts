/** The options that all training commands share: run directory, device, threads, output. */
import type { Command } from 'commander';
import { defaultWorkers } from '../../data/loading/threads/default-workers.js';
import type { Assignment } from '../../recipes/values/assignments.js';
import type { RunMode } from '../../training/run-files/open-run-directory.js';
import { RunDirectory } from '../../training/run-files/run-directory.js';
import {
  budgetOption,
  collectAssignments,
  place,
  positive,
  verifyOption,
} from './option-values.js';
import { recipeAssignments } from './recipe-flags.js';

export interface RunFlags {
  readonly out?: string;
  readonly resume?: boolean;
  readonly continue?: boolean;
  readonly extend?: boolean;
  readonly budget?: number;
  readonly overwrite?: boolean;
  readonly verify: boolean;
  readonly set?: readonly Assignment[];
  readonly device?: string;
  readonly threads?: number;
  readonly workers: number;
  readonly json?: boolean;
}

/** @param fallback the run directory if none is given */
export function addDirectoryFlags(command: Command, fallback: string): Command {
  return command
    .option('--out <folder>', `the run directory (default: ${fallback})`, place)
    .option('--resume', 'go on with the run in --out, with its own recipe, device and threads')
    .option('--overwrite', 'delete the run in --out first')
    .option('--continue', 'go on with the run in --out if there is one, else begin it')
    .option(
      '--extend',
      'train the finished run in --out longer, to --epochs in all, with a new schedule',
    )
    .option(...verifyOption);
}

export function addMachineFlags(command: Command): Command {
  return command
    .option(...budgetOption)
    .option('--set <path=value>', 'any value of the recipe; can be repeated', collectAssignments)
    .option(
      '--device <name>',
      'cpu, cuda, cuda:N or mps (default: cpu, or that of the resumed run)',
    )
    .option(
      '--threads <n>',
      'CPU threads for libtorch (default: one per core, or as resumed)',
      positive,
    )
    .option('--workers <n>', 'threads that decode images', positive, defaultWorkers())
    .option('--json', 'print one JSON object per line');
}

/** The folder's use that the flags ask for. */
export function modeOf({ out, ...flags }: RunFlags, command: Command): RunMode {
  const names = (['resume', 'overwrite', 'continue', 'extend'] as const).filter(
    (name) => flags[name],
  );
  const [name, other] = names;
  if (other) command.error(`error: expected --${name} or --${other} but got both`);
  if (name === undefined) return 'create';
  if (name === 'overwrite') return name;
  if (out === undefined) command.error(`error: expected --out with --${name} but got none`);
  if (name === 'resume' || name === 'extend') return name;
  return new RunDirectory(out).exists ? 'resume' : 'create';
}

/** Values of the recipe that flags set, those of `--set` last. */
export function valuesOf(flags: RunFlags, command: Command): Record<string, unknown> {
  const all = [...recipeAssignments(command.opts()), ...(flags.set ?? [])];
  return Object.fromEntries(all.map(({ path, value }) => [path, value]));
}
