/** The options that all training commands share: run directory, device, threads, output. */
import type { Command } from 'commander';
import { defaultWorkers } from '../../data/loading/default-workers.js';
import type { Assignment } from '../../recipes/assignments.js';
import type { RunMode } from '../../training/run-files/open-run-directory.js';
import type { RunSettings } from '../../training/run-settings.js';
import {
  type Show,
  showJson,
  showOnTerminal,
  showPlain,
  type TrainingEvent,
} from '../output/progress.js';
import { shownUntilStopped } from '../output/show-until-stopped.js';
import { collectAssignments, place, positive } from './option-values.js';
import { recipeAssignments } from './recipe-flags.js';

export interface RunFlags {
  readonly out?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
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
    .option('--overwrite', 'delete the run in --out first');
}

export function addMachineFlags(command: Command): Command {
  return command
    .option('--set <path=value>', 'any value of the recipe; can be repeated', collectAssignments)
    .option(
      '--device <name>',
      'cpu, cuda, cuda:N or mps (default: cpu, or that of the resumed run)',
    )
    .option('--threads <n>', 'of libtorch (default: one per core, or as resumed)', positive)
    .option('--workers <n>', 'threads that decode images', positive, defaultWorkers())
    .option('--json', 'print one JSON object per line');
}

function modeOf({ resume, overwrite, out }: RunFlags, command: Command): RunMode {
  if (resume && overwrite) command.error('error: expected --resume or --overwrite but got both');
  if (resume && out === undefined)
    command.error('error: expected --out with --resume but got none');
  if (resume) return 'resume';
  return overwrite ? 'overwrite' : 'create';
}

/** Turns the flags into the settings of a run, which shows its progress and ends by a signal. */
export function settingsOf(flags: RunFlags, command: Command): RunSettings<TrainingEvent> {
  const { out, device, threads, workers } = flags;
  const mode = modeOf(flags, command);
  return { out, mode, device, threads, workers, ...shownUntilStopped(showing(flags)) };
}

/** Values of the recipe that flags set, those of `--set` last. */
export function valuesOf(flags: RunFlags, command: Command): Record<string, unknown> {
  const all = [...recipeAssignments(command.opts()), ...(flags.set ?? [])];
  return Object.fromEntries(all.map(({ path, value }) => [path, value]));
}

function showing({ json }: RunFlags): Show {
  if (json) return showJson;
  return process.stdout.isTTY ? showOnTerminal(process.stdout) : showPlain;
}
