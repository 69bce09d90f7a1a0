/** Masked pre-training: a recipe, images and an empty folder in; a run directory out. */
import { scope } from '@um-mae/torch';
import { ImageLoader } from '../data/loading/loader.js';
import { type OpenedImages, openImages } from '../data/sources/open-images.js';
import { withAbsolutePaths } from '../recipes/absolute-paths.js';
import { type PretrainPlan, resolve } from '../recipes/plan.js';
import type { PretrainRecipe } from '../recipes/pretrain-recipe.js';
import { formatRecipe } from '../recipes/recipe-file.js';
import type { PretrainEvent } from './events.js';
import { PretrainRun } from './pretrain-run.js';
import { Progress } from './progress.js';
import { openCheckpoints, readLastCheckpoint } from './run-files/checkpoint.js';
import { checkSameImages, checkSameRecipe } from './run-files/resume.js';
import {
  openRunDirectory,
  type RunDirectory,
  type RunMode,
  replaceText,
} from './run-files/run-directory.js';
import { RunLock } from './run-files/run-lock.js';
import { RunLog } from './run-log.js';
import { SheetImages } from './sheet-images.js';
import { Trainer } from './trainer.js';
import { Watch } from './watching/watch.js';

export interface PretrainOptions {
  readonly recipe: PretrainRecipe;
  /** The run directory. */
  readonly directory: string;
  readonly mode: RunMode;
  /** `cpu`, `cuda`, `cuda:1` or `mps`. */
  readonly device: string;
  /** Threads that decode images; any number gives the same weights. */
  readonly workers: number;
  /** What `environment.json` records: versions, machine, command line. */
  readonly environment: object;
  /** Memory of the process, now. */
  readonly residentBytes: () => number;
  /** Ends the run after the step under way, with a checkpoint. */
  readonly signal: AbortSignal;
}

/**
 * Trains, and tells what happens. Weights depend on recipe, images, device and threads only: a run that was
 * stopped at any moment and resumed ends with the same ones.
 *
 * @throws UmMaeError or TorchError, of one sentence, when the run cannot begin or go on
 */
export async function* pretrain(
  options: PretrainOptions,
): AsyncGenerator<PretrainEvent, void, undefined> {
  const recipe = withAbsolutePaths(options.recipe);
  const { mode, device, workers } = options;
  if (mode === 'resume') await checkSameRecipe(options.directory, recipe);
  const { paths, root } = recipe.data;
  const opened = await openImages(paths, { root: root ?? undefined });
  const plan = resolve(recipe, { images: opened.images.count });
  const watch = await Watch.open(recipe, opened.images, { device, workers });
  const trainer = new Trainer(recipe, device);
  const lock = await RunLock.take(options.directory);
  try {
    const directory = await openRunDirectory(options.directory, mode);
    yield* train({ ...options, recipe }, { directory, opened, plan, trainer, watch });
  } finally {
    lock.release();
  }
}

/** What has to be right before anything is written. */
interface Prepared {
  readonly directory: RunDirectory;
  readonly opened: OpenedImages;
  readonly plan: PretrainPlan;
  readonly trainer: Trainer;
  readonly watch: Watch;
}

async function* train(
  options: PretrainOptions,
  { directory, opened, plan, trainer, watch }: Prepared,
): AsyncGenerator<PretrainEvent, void, undefined> {
  const { recipe, workers } = options;
  const { images, ignored } = opened;
  const { count, digest } = images;
  openCheckpoints(directory.checkpoints);
  const earlier = scope(() => {
    const checkpoint = readLastCheckpoint(directory.checkpoints);
    if (!checkpoint) return undefined;
    checkSameImages(checkpoint.state.images, { count, digest });
    trainer.load(checkpoint);
    return checkpoint.state;
  });
  const remarks = [
    `${count} images, ${plan.stepsPerEpoch} steps an epoch, ${plan.steps} steps in all`,
    `Highest learning rate ${plan.peakLearningRate}, after step ${plan.warmupSteps}`,
  ];
  replaceText(directory.recipe, formatRecipe(recipe, remarks));
  replaceText(directory.environment, `${JSON.stringify(options.environment, null, 2)}\n`);

  const progress = new Progress(plan, { count, digest }, earlier);
  const { step } = progress;
  const run = new PretrainRun({
    ...options,
    plan,
    trainer,
    directory,
    progress,
    sheet: await SheetImages.choose(images, recipe),
    watch,
    log: await RunLog.open(directory, step),
    loader: new ImageLoader({
      images,
      ...recipe.image,
      transform: { kind: 'random-resized-crop', ...recipe.augmentation },
      batchSize: recipe.batchSize,
      seed: recipe.seed,
      workers,
      dropLast: true,
    }),
  });
  try {
    yield {
      kind: 'started',
      directory: directory.path,
      plan,
      images: count,
      ignored,
      parameters: trainer.size,
      step,
    };
    yield* run.events();
  } finally {
    await run.close();
  }
}
