/** `um-mae pretrain`: a folder of images in, a run directory out. */
import type { Command } from 'commander';
import { methodNames } from '../../recipes/pretrain/methods.js';
import { defaultModel, modelNames, recipeNames } from '../../recipes/pretrain/named.js';
import { pretrainRecipe } from '../../recipes/pretrain/pretrain-recipe.js';
import { describeRecipe } from '../../recipes/values/reference.js';
import { addReadingFlags, type ReadingFlags, readingValues } from '../flags/reading-flags.js';
import { addRecipeFlags } from '../flags/recipe-flags.js';
import { addDirectoryFlags, addMachineFlags, type RunFlags, valuesOf } from '../flags/run-flags.js';
import { addStartFlags, type StartFlags, startValues } from '../flags/start-flags.js';
import { addTeamFlags, type TeamFlags } from '../flags/team-flags.js';
import { runTraining } from '../training-command.js';

interface PretrainFlags extends RunFlags, ReadingFlags, StartFlags, TeamFlags {
  readonly data?: readonly string[];
  readonly model?: string;
  readonly method?: string;
  readonly recipe?: string;
}

export function addPretrain(command: Command): void {
  command
    .option('--data <path...>', describeRecipe(pretrainRecipe, 'data.paths'))
    .option(
      '--model <name>',
      `one of ${modelNames.join(', ')} (default: that of --from, or ${defaultModel})`,
    )
    .option(
      '--method <name>',
      `one of ${methodNames.join(', ')} (default: that of --from, or um-mae)`,
    )
    .option('--recipe <file or name>', `a YAML file, or one of ${recipeNames.join(', ')}`);
  addStartFlags(command, (path) => describeRecipe(pretrainRecipe, path));
  addReadingFlags(command);
  addDirectoryFlags(command, 'runs/<model>, or runs/pretrain with --from or --budget, numbered');
  addRecipeFlags(command, [pretrainRecipe]);
  addTeamFlags(addMachineFlags(command)).action(run);
}

async function run(flags: PretrainFlags, command: Command): Promise<void> {
  const { data, dataRoot, model, method, recipe } = flags;
  const set = { ...readingValues(flags), ...valuesOf(flags, command) };
  await runTraining(flags, command, async (settings) => {
    const { pretrain } = await import('../../tasks/pretrain/pretrain.js');
    const options = { data, dataRoot, model, method, recipe, set };
    await pretrain({ ...settings, ...startValues(flags), ...options });
  });
}
