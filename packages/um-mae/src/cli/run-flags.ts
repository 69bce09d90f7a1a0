/** What commands that train have in common: where a run is, on what it runs, and how it is followed. */
import type { Command } from 'commander';
import type { Assignment } from '../recipes/assignments.js';
import type { FinetuneEvent } from '../tasks/classification/events.js';
import type { PretrainEvent } from '../tasks/pretrain/events.js';
import type { RunOptions } from '../training/open-run.js';
import type { RunMode } from '../training/run-files/open-run-directory.js';
import { recordedMachine } from './environment.js';
import { collectAssignments, defaultWorkers, place, positive } from './option-values.js';
import { type Show, showJson, showOnTerminal, showPlain } from './progress.js';
import { showUntilStopped } from './show-until-stopped.js';

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

/** @param fallback where a run goes that is told no place */
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

export function modeOf({ resume, overwrite, out }: RunFlags, command: Command): RunMode {
  if (resume && overwrite) command.error('error: expected --resume or --overwrite but got both');
  if (resume && out === undefined)
    command.error('error: expected --out with --resume but got none');
  if (resume) return 'resume';
  return overwrite ? 'overwrite' : 'create';
}

/** A run, as the command line has told it. */
interface Asked {
  readonly flags: RunFlags;
  readonly mode: RunMode;
  readonly directory: string;
}

/** Runs to the end, or until a signal, and shows what happens. */
export async function follow(
  { flags, mode, directory }: Asked,
  begin: (options: RunOptions) => AsyncIterable<PretrainEvent | FinetuneEvent>,
): Promise<void> {
  const machine = mode === 'resume' ? recordedMachine(directory) : {};
  const { device = machine.device ?? 'cpu', threads = machine.threads, workers } = flags;
  await showUntilStopped({ device, workers, threads, show: showing(flags) }, (options) =>
    begin({ ...options, directory, mode }),
  );
}

function showing({ json }: RunFlags): Show {
  if (json) return showJson;
  return process.stdout.isTTY ? showOnTerminal(process.stdout) : showPlain;
}
