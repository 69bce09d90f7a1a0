/** Flags of the commands that use a frozen encoder. */
import { type Command, Option } from 'commander';
import { type Pooling, poolings } from '../../backbones/pooled-stages.js';
import type { FrozenBackbone } from '../../features/frozen-backbone.js';
import type { View } from '../../features/pooling.js';
import { tellNotes } from '../output/terminal/terminal.js';
import type { SharedWork } from '../team/shared-work.js';
import {
  deviceOption,
  entryOption,
  natural,
  positive,
  verifyOption,
  workersOption,
} from './option-values.js';
import { addReadingFlags, type ReadingFlags } from './reading-flags.js';
import { imageSize } from './recipe-flags.js';
import { addTeamFlags, type TeamFlags } from './team-flags.js';

export interface EncoderFlags extends ReadingFlags, TeamFlags {
  readonly stages?: readonly number[];
  readonly pooling?: Pooling;
  readonly view?: View;
  readonly imageSize?: string;
  readonly resizePositions?: boolean;
  readonly entry?: string;
  readonly verify: boolean;
  readonly batchSize: number;
  readonly workers: number;
  readonly device: string;
}

export const encoderArgument = ['<run>', 'a run, a checkpoint, or a file of weights'] as const;

export function addEncoderFlags(command: Command): void {
  addReadingFlags(command);
  command
    .option(...stagesOption)
    .addOption(poolingOption())
    .addOption(
      new Option(
        '--view <name>',
        'the whole grid, or the mean of four grids as in pre-training (default: full)',
      ).choices(['full', 'compact']),
    )
    .option('--image-size <HxW>', 'size of the images (default: that of training)')
    .option('--resize-positions', 'fit stored positions to another size of images')
    .option(...entryOption)
    .option(...verifyOption)
    .option('--batch-size <n>', 'images per batch', positive, 64)
    .option(...workersOption())
    .option(...deviceOption);
  addTeamFlags(command);
}

/** Which stages there are, the encoder tells. */
export const stagesOption = [
  '--stages <n,...>',
  'stages whose features are joined, from 0 (default: all)',
  stages,
] as const;

/** An option for the numbers that stand for a feature map. */
export function poolingOption(): Option {
  return new Option(
    '--pooling <name>',
    'numbers that stand for a feature map (default: mean-and-deviation)',
  ).choices(poolings);
}

/** Reads `2,3`. */
function stages(text: string): number[] {
  return text.split(',').map(natural);
}

interface LoadingChoices {
  /** Whether to keep random weights of its network. Default false. */
  readonly untrained?: boolean;
}

/** Loads an encoder; of several processes, the one that leads tells notes on it. */
export async function loadEncoder(
  path: string,
  flags: EncoderFlags,
  { device, team, untrained }: Pick<SharedWork, 'device' | 'team'> & LoadingChoices,
): Promise<FrozenBackbone> {
  const { resizePositions, entry, verify } = flags;
  const { load } = await import('../../features/load.js');
  const image = flags.imageSize === undefined ? undefined : imageSize(flags.imageSize);
  const frozen = await load(path, { device, image, resizePositions, entry, verify, untrained });
  if (team?.leads !== false) tellNotes(frozen.notes);
  return frozen;
}
