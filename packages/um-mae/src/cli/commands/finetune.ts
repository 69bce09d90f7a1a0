/**
 * `um-mae finetune`: weights and images of which something is known in, a network in a run
 * directory out.
 */
import type { Command } from 'commander';
import { labelledKindOf, labelledKinds, usualTask } from '../../recipes/kind.js';
import { modelNames } from '../../recipes/pretrain/named.js';
import { describeRecipe } from '../../recipes/values/reference.js';
import { type LabelledFlags, partsMissing } from '../flags/labelled-flags.js';
import { addReadingFlags, type ReadingFlags, readingValues } from '../flags/reading-flags.js';
import { addRecipeFlags } from '../flags/recipe-flags.js';
import { addDirectoryFlags, addMachineFlags, type RunFlags, valuesOf } from '../flags/run-flags.js';
import { addStartFlags, type StartFlags, startValues } from '../flags/start-flags.js';
import { addTeamFlags, type TeamFlags } from '../flags/team-flags.js';
import { runTraining } from '../training-command.js';

interface FinetuneFlags extends RunFlags, LabelledFlags, ReadingFlags, StartFlags, TeamFlags {
  readonly task?: string;
  readonly model?: string;
  readonly recipe?: string;
  readonly newHead?: boolean;
}

export function addFinetune(command: Command): void {
  const schemas = labelledKinds.map(({ schema }) => schema);
  const describe = (path: string) =>
    schemas.map((schema) => describeRecipe(schema, path)).find((text) => text !== '') ?? '';
  const tasks = labelledKinds.map(({ task }) => task);
  const names = labelledKinds.flatMap(({ named }) => Object.keys(named));
  command
    .option(
      '--task <name>',
      `what to learn: ${tasks.join(', ')} (default: that of the recipe, or ${usualTask})`,
    )
    .option('--data <folder>', 'all images; for classification, train/CLASS/ and val/CLASS/')
    .option('--train <path>', describe('data.train'))
    .option('--val <path>', describe('data.val'))
    .option('--model <name>', `one of ${modelNames.join(', ')} (default: that of the weights)`)
    .option('--recipe <file or name>', `a YAML file, or one of ${names.join(', ')}`)
    .option('--new-head', describe('head.new'));
  addStartFlags(command, describe);
  addReadingFlags(command);
  addDirectoryFlags(command, 'runs/finetune, numbered');
  addRecipeFlags(command, schemas, { shown: () => labelledKindOf(command.opts()).schema });
  addTeamFlags(addMachineFlags(command)).action(run);
}

async function run(flags: FinetuneFlags, command: Command): Promise<void> {
  if (!flags.resume && !flags.extend && flags.recipe === undefined) requireData(flags, command);
  const { data, train, val, dataRoot, task, model, recipe, newHead } = flags;
  const set = {
    'data.train': train,
    'data.val': val,
    'data.root': dataRoot,
    ...readingValues(flags),
    'head.new': newHead,
    ...valuesOf(flags, command),
  };
  await runTraining(flags, command, async (settings) => {
    const { finetune } = await import('../../tasks/finetune/finetune.js');
    const options = { data, task, model, recipe, set };
    await finetune({ ...settings, ...startValues(flags), ...options });
  });
}

/** Refuses flags without weights or data, which no recipe of ours fills in. */
function requireData(flags: FinetuneFlags, command: Command): void {
  const { data, train = data, val = data } = flags;
  if (flags.from === undefined) {
    command.error('error: expected --from with a run, a file of weights, or none, but got nothing');
  }
  if (train === undefined || val === undefined) command.error(partsMissing);
}
