/** The options that commands below `bench` read alike, and the steps that they compare. */
import type { Command } from 'commander';
import { positive, workersOption } from '../../flags/option-values.js';

/**
 * The options of a command below `bench`. That has options of the same names, which take every
 * value that the user wrote; what they are by default is none of the command's business.
 */
export function ownOptions<Flags>(command: Command): Flags {
  const options: Record<string, unknown> = { ...command.opts() };
  const above = command.parent?.opts() ?? {};
  for (const [name, value] of Object.entries(above)) {
    if (command.parent?.getOptionValueSource(name) === 'cli') options[name] = value;
  }
  return options as Flags;
}

/** The options of commands that measure loading. */
export interface LoadingFlags {
  readonly size: number;
  readonly workers: number;
  readonly images: number;
  readonly json?: boolean;
}

/** Adds them, with the side of the crops and the images of a round that a command has. */
export function addLoadingOptions(
  command: Command,
  { size, images }: { readonly size: number; readonly images: number },
): Command {
  return command
    .option('--size <pixels>', 'side of the crops', positive, size)
    .option(...workersOption())
    .option('--images <n>', 'images that count, in each round', positive, images)
    .option('--json', 'print one JSON object');
}

/** The options of commands that measure loading beside that of a Python. */
export interface ComparedFlags extends LoadingFlags {
  readonly python: string;
}

/** Adds the one that is missing to the options of loading. */
export function addPythonOption(command: Command, library: string): Command {
  const description = `a Python that may have ${library}, to compare with`;
  return command.option('--python <command>', description, 'python3');
}

/**
 * The number of measurements of each program, in turns, of which the fastest counts: other programs
 * only ever slow one down.
 */
export const rounds = 3;

/** The training steps that are measured beside others', by the options of `um-mae bench`. */
export const benchSteps = {
  'swin-tiny um-mae': { model: 'swin-tiny', method: 'um-mae' },
  'swin-tiny simmim': { model: 'swin-tiny', method: 'simmim' },
  'pvt-small um-mae': { model: 'pvt-small', method: 'um-mae' },
  /** A ViT with the decoder of UM-MAE's experiments. */
  'vit-base mae, 2 blocks': { model: 'vit-base', method: 'mae', set: 'decoder.depth=2' },
} as const;
