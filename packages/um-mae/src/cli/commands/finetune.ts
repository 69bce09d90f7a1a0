/** `um-mae finetune`: weights and images with classes in, a classifier in a run directory out. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Assignment } from '../../recipes/assignments.js';
import { type Architecture, composeFinetuneRecipe } from '../../recipes/compose-finetune.js';
import { finetuneRecipeNames } from '../../recipes/finetune/named.js';
import { finetuneRecipe } from '../../recipes/finetune-recipe.js';
import { finetuning } from '../../recipes/kind.js';
import { modelNames } from '../../recipes/pretrain/named.js';
import { describeRecipe } from '../../recipes/reference.js';
import { finetune } from '../../tasks/classification/finetune.js';
import { freeRunPath } from '../../training/run-files/open-run-directory.js';
import { recordedRecipe } from '../../training/run-files/resume.js';
import { architectureOf, openWeights } from '../../weights/open-weights.js';
import { type LabelledFlags, partsMissing, partsOf } from '../labelled-flags.js';
import { dataRootOption } from '../option-values.js';
import { addRecipeFlags, recipeAssignments } from '../recipe-flags.js';
import { addDirectoryFlags, addMachineFlags, follow, modeOf, type RunFlags } from '../run-flags.js';

interface FinetuneFlags extends RunFlags, LabelledFlags {
  readonly from?: string;
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
  const mode = modeOf(flags, command);
  const directory = flags.out ?? freeRunPath('runs', 'finetune');
  const recorded = mode === 'resume' ? await recordedRecipe(directory, finetuning) : undefined;
  const from = fromOf(flags);
  if (!recorded && flags.recipe === undefined) requireData(flags, command);
  const recipe = await composeFinetuneRecipe({
    recipe: flags.recipe,
    model: flags.model,
    weights: from && !recorded ? architectureIn(from) : undefined,
    recorded,
    assignments: [
      ...(from === undefined ? [] : [{ path: 'from', value: from }]),
      ...dataAssignments(flags),
      ...(flags.newHead ? [{ path: 'head.new', value: true }] : []),
      ...(flags.resizePositions ? [{ path: 'resizePositions', value: true }] : []),
      ...recipeAssignments(command.opts()),
      ...(flags.set ?? []),
    ],
  });
  await follow({ flags, mode, directory }, (options) => finetune({ ...options, recipe }));
}

function architectureIn(from: string): Architecture {
  using weights = openWeights(from);
  return architectureOf(weights);
}

/** Null for `none`; undefined when nothing was said. */
function fromOf({ from }: FinetuneFlags): string | null | undefined {
  if (from === undefined) return undefined;
  return from === 'none' ? null : resolve(from);
}

/** What no recipe of ours fills in. */
function requireData(flags: FinetuneFlags, command: Command): void {
  const { train, val } = partsOf(flags);
  if (flags.from === undefined) {
    command.error('error: expected --from with a run, a file of weights, or none, but got nothing');
  }
  if (train === undefined || val === undefined) command.error(partsMissing);
}

function dataAssignments(flags: FinetuneFlags): Assignment[] {
  const paths = { ...partsOf(flags), root: flags.dataRoot };
  return Object.entries(paths).flatMap(([key, path]) =>
    path === undefined ? [] : [{ path: `data.${key}`, value: resolve(path) }],
  );
}
