/** `um-mae pretrain`: a folder of images in, a run directory out. */
import { parse as parsePath } from 'node:path';
import type { Command } from 'commander';
import { composeRecipe } from '../../recipes/compose.js';
import { pretraining } from '../../recipes/kind.js';
import { methodNames } from '../../recipes/pretrain/methods.js';
import { modelNames, modelRecipe, recipeNames } from '../../recipes/pretrain/named.js';
import { pretrainRecipe } from '../../recipes/pretrain-recipe.js';
import { describeRecipe } from '../../recipes/reference.js';
import { pretrain } from '../../tasks/pretrain/pretrain.js';
import { freeRunPath } from '../../training/run-files/open-run-directory.js';
import { recordedRecipe } from '../../training/run-files/resume.js';
import { addRecipeFlags, recipeAssignments } from '../recipe-flags.js';
import { addDirectoryFlags, addMachineFlags, follow, modeOf, type RunFlags } from '../run-flags.js';

interface PretrainFlags extends RunFlags {
  readonly data?: readonly string[];
  readonly dataRoot?: string;
  readonly model?: string;
  readonly method?: string;
  readonly recipe?: string;
}

const defaultModel = 'swin-tiny';

export function addPretrain(program: Command): void {
  const command = program
    .command('pretrain')
    .description('Pre-train a backbone on unlabelled images')
    .option('--data <path...>', describeRecipe(pretrainRecipe, 'data.paths'))
    .option('--data-root <folder>', "folder that paths in lists begin at (default: the list's)")
    .option('--model <name>', `one of ${modelNames.join(', ')} (default: ${defaultModel})`)
    .option('--method <name>', `one of ${methodNames.join(', ')} (default: um-mae)`)
    .option('--recipe <file or name>', `a YAML file, or one of ${recipeNames.join(', ')}`);
  addDirectoryFlags(command, 'runs/<model>, numbered');
  addRecipeFlags(command, pretrainRecipe);
  addMachineFlags(command).action(run);
}

async function run(flags: PretrainFlags, command: Command): Promise<void> {
  const mode = modeOf(flags, command);
  const directory = flags.out ?? freeRunPath('runs', nameOf(flags));
  const recorded = mode === 'resume' ? await recordedRecipe(directory, pretraining) : undefined;
  const recipe = await composeRecipe({
    recipe: flags.recipe,
    model: flags.model,
    method: flags.method,
    fallback: recorded ?? modelRecipe(defaultModel),
    assignments: [
      ...(flags.data ? [{ path: 'data.paths', value: flags.data }] : []),
      ...(flags.dataRoot === undefined ? [] : [{ path: 'data.root', value: flags.dataRoot }]),
      ...recipeAssignments(command.opts()),
      ...(flags.set ?? []),
    ],
  });
  await follow({ flags, mode, directory }, (options) => pretrain({ ...options, recipe }));
}

/** What a run is called after. */
function nameOf({ model, recipe }: PretrainFlags): string {
  return model ?? (recipe === undefined ? defaultModel : parsePath(recipe).name);
}
