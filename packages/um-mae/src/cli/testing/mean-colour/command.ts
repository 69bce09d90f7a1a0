/** `um-mae mean-colour`: the toy task on the command line. */
import type { Command } from 'commander';
import { ImageLoader } from '../../../data/loading/loader.js';
import { openImages } from '../../../data/sources/open-images.js';
import { resolve } from '../../../recipes/plan.js';
import { readRecipeFile } from '../../../recipes/recipe-file.js';
import { recordEvaluation } from '../../../training/evaluation.js';
import type { RunEvent } from '../../../training/events.js';
import { openRun } from '../../../training/open-run.js';
import { Run } from '../../../training/run.js';
import { recordedRecipe } from '../../../training/run-files/resume.js';
import { completeSettings, runDirectoryOf, runToEnd } from '../../../training/run-settings.js';
import { Trainer } from '../../../training/trainer.js';
import { addDirectoryFlags, addMachineFlags, type RunFlags, settingsOf } from '../../run-flags.js';
import { meanColour } from './recipe.js';
import { MeanColourTask } from './task.js';

interface Flags extends RunFlags {
  readonly recipe?: string;
}

export function addMeanColour(program: Command): void {
  const command = program.command('mean-colour').option('--recipe <file>', 'a YAML file');
  addDirectoryFlags(command, 'runs/mean-colour, numbered');
  addMachineFlags(command).action(run);
}

async function run(flags: Flags, command: Command): Promise<void> {
  const settings = settingsOf(flags, command);
  const directory = runDirectoryOf(settings, 'mean-colour');
  const options = completeSettings(settings, directory);
  const recipe =
    options.mode === 'resume'
      ? await recordedRecipe(directory, meanColour)
      : meanColour.parse(await readRecipeFile(flags.recipe ?? ''));
  const { images } = await openImages([recipe.data.path]);
  const plan = resolve(recipe, { images: images.count });
  const task = new MeanColourTask(recipe);
  const trainer = new Trainer(task, options.device);
  const opened = await openRun(options, { plan, trainer, images });
  const { batchSize, seed } = recipe;
  const loader = new ImageLoader({
    images,
    ...recipe.image,
    batchSize,
    seed,
    workers: options.workers,
    dropLast: true,
    transform: { kind: 'random-resized-crop', area: [0.5, 1], aspect: [1, 1], flip: 0.5 },
  });
  const going = new Run<RunEvent>({
    ...options,
    ...opened,
    task: meanColour.name,
    plan,
    trainer,
    loader,
    afterEpoch: () =>
      recordEvaluation({ ...opened, recipe, trainer }, () =>
        task.evaluate(trainer.shown, images, options.device),
      ),
  });
  try {
    await runToEnd<RunEvent>(going.events(), settings.onEvent);
  } finally {
    await going.close();
  }
}
