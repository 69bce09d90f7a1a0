/** `um-mae finetune`: weights and images with classes in, a classifier in a run directory out. */
import type { Command } from 'commander';
import { finetuneRecipeNames } from '../../recipes/finetune/named.js';
import { finetuneRecipe } from '../../recipes/finetune-recipe.js';
import { modelNames } from '../../recipes/pretrain/named.js';
import { describeRecipe } from '../../recipes/reference.js';
import { finetune } from '../../tasks/classification/finetune.js';
import { type LabelledFlags, partsMissing, partsOf } from '../labelled-flags.js';
import { dataRootOption } from '../option-values.js';
import { addRecipeFlags } from '../recipe-flags.js';
import {
  addDirectoryFlags,
  addMachineFlags,
  type RunFlags,
  settingsOf,
  valuesOf,
} from '../run-flags.js';

interface FinetuneFlags extends RunFlags, LabelledFlags {
  readonly from?: string;
  readonly entry?: string;
  readonly dataRoot?: string;
  readonly model?: string;
  readonly recipe?: string;
  readonly newHead?: boolean;
  readonly resizePositions?: boolean;
}

export function addFinetune(program: Command): void {
  const describe = (path: string) => describeRecipe(finetuneRecipe, path);
  const command = program
    .command('finetune')
    .description('Train a classifier on images with classes, from pre-trained weights')
    .option('--from <path>', 'a run, a checkpoint, a file of weights, or none: from scratch')
    .option('--entry <name>', describe('entry'))
    .option('--data <folder>', 'holds train/CLASS/ and val/CLASS/ with images')
    .option('--train <path>', describe('data.train'))
    .option('--val <path>', describe('data.val'))
    .option(...dataRootOption)
    .option('--model <name>', `one of ${modelNames.join(', ')} (default: that of the weights)`)
    .option('--recipe <file or name>', `a YAML file, or one of ${finetuneRecipeNames.join(', ')}`)
    .option('--new-head', describe('head.new'))
    .option('--resize-positions', describe('resizePositions'));
  addDirectoryFlags(command, 'runs/finetune, numbered');
  addRecipeFlags(command, finetuneRecipe);
  addMachineFlags(command).action(run);
}

async function run(flags: FinetuneFlags, command: Command): Promise<void> {
  if (!flags.resume && flags.recipe === undefined) requireData(flags, command);
  const { model, entry, recipe, newHead, resizePositions } = flags;
  await finetune({
    ...settingsOf(flags, command),
    from: fromOf(flags),
    entry,
    data: { ...partsOf(flags), root: flags.dataRoot },
    model,
    recipe,
    resizePositions,
    set: { 'head.new': newHead, ...valuesOf(flags, command) },
  });
}

/** Null for `none`; undefined when nothing was said. */
function fromOf({ from }: FinetuneFlags): string | null | undefined {
  return from === 'none' ? null : from;
}

/** Refuses flags without weights or data, which no recipe of ours fills in. */
function requireData(flags: FinetuneFlags, command: Command): void {
  const { train, val } = partsOf(flags);
  if (flags.from === undefined) {
    command.error('error: expected --from with a run, a file of weights, or none, but got nothing');
  }
  if (train === undefined || val === undefined) command.error(partsMissing);
}
