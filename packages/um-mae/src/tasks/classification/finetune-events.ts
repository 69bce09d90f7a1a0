/**
 * Fine-tuning for classification: a recipe, images with classes, initial weights; a run directory
 * out.
 */
import {
  classifiedDigest,
  openTrainingImages,
  type TrainingImages,
} from '../../data/classified-images.js';
import { ImageLoader } from '../../data/loading/loader.js';
import type { Classifier } from '../../heads/classifier.js';
import { withAbsoluteImages } from '../../recipes/absolute-paths.js';
import type { FinetuneRecipe } from '../../recipes/finetune-recipe.js';
import { finetuning } from '../../recipes/kind.js';
import { type Plan, resolve } from '../../recipes/plan.js';
import { type OpenedRun, openRun, type RunOptions } from '../../training/open-run.js';
import { Run } from '../../training/run.js';
import { hasCheckpoint } from '../../training/run-files/checkpoint.js';
import type { Metrics } from '../../training/run-files/metrics-line.js';
import { checkSameRecipe, recordedRecipe } from '../../training/run-files/resume.js';
import { Trainer } from '../../training/trainer.js';
import { checkClasses } from '../../weights/classifier-weights.js';
import { isFinetuned, openWeights, type Weights } from '../../weights/open-weights.js';
import { evaluateEpoch } from './epoch-evaluation.js';
import type { FinetuneEvent } from './events.js';
import { FinetuneTask } from './finetune-task.js';

/** Options of `finetuneEvents`. */
export interface FinetuneRun extends RunOptions {
  readonly recipe: FinetuneRecipe;
  /**
   * The weights of `recipe.from`, if they are open already. They are freed once the network has
   * them.
   */
  readonly weights?: Weights | undefined;
}

type Events = AsyncGenerator<FinetuneEvent, void, undefined>;

/**
 * Trains and evaluates, and yields an event for whatever happens. The final weights depend only on
 * recipe, images, device and threads: a run that was stopped and resumed ends with the same ones.
 *
 * @throws UmMaeError or TorchError, of one sentence, when the run cannot begin or go on
 */
export async function* finetuneEvents(options: FinetuneRun): Events {
  const opened = await begin(options);
  const { device, workers } = options;
  const run = new Run<FinetuneEvent>({
    ...options,
    ...opened,
    task: 'finetune',
    loader: trainingLoader(opened, workers),
    async *afterEpoch(metrics: Metrics): Events {
      yield { kind: 'epoch', metrics };
      yield* evaluateEpoch({ ...opened, device, workers });
    },
  });
  try {
    yield startOf(opened);
    yield* run.events();
  } finally {
    await run.close();
  }
}

/** A fine-tuning run with its files open. */
interface OpenedFinetuning extends OpenedRun {
  readonly recipe: FinetuneRecipe;
  readonly data: TrainingImages;
  readonly plan: Plan;
  readonly trainer: Trainer<Classifier>;
  readonly fit: FinetuneTask['fit'];
}

/** Opens a run. All checks come before the directory is touched. */
async function begin(options: FinetuneRun): Promise<OpenedFinetuning> {
  const { mode, device } = options;
  const absolute = withAbsoluteImages(options.recipe);
  const data = await openTrainingImages(absolute.data, absolute.head.classes);
  const recipe = { ...absolute, head: { ...absolute.head, classes: data.classes } };
  if (mode === 'resume') {
    checkSameRecipe(options.directory, await recordedRecipe(options.directory, finetuning), recipe);
  }
  const { images } = data.train;
  const plan = resolve(recipe, { images: images.count });
  // A checkpoint holds all weights, so the initial ones are not needed and may be gone.
  const isResumed = mode === 'resume' && hasCheckpoint(options.directory);
  using start =
    recipe.from === null || isResumed
      ? undefined
      : (options.weights ?? openWeights(recipe.from, undefined, recipe.entry ?? undefined));
  if (start?.recipe && isFinetuned(start.recipe) && !recipe.head.new) {
    checkClasses(recipe.head.classes, start.recipe.head.classes, start.path);
  }
  const task = new FinetuneTask({ recipe, start });
  const trainer = new Trainer(task, device);
  const set = { count: images.count, digest: classifiedDigest(data.train) };
  const opened = await openRun(options, { plan, trainer, images: set });
  return { ...opened, recipe, data, plan, trainer, fit: task.fit };
}

function trainingLoader({ recipe, data }: OpenedFinetuning, workers: number): ImageLoader<number> {
  const { image, batchSize, seed } = recipe;
  const { images, labels } = data.train;
  const { area, aspect, flip, randAugment } = recipe.augmentation;
  return new ImageLoader({
    images,
    targets: (index) => labels[index],
    ...image,
    transform: { kind: 'augmented-crop', area, aspect, flip, randAugment },
    batchSize,
    seed,
    workers,
    dropLast: true,
  });
}

function startOf({
  directory,
  plan,
  data,
  trainer,
  progress,
  fit,
}: OpenedFinetuning): FinetuneEvent {
  return {
    kind: 'started',
    directory: directory.path,
    plan,
    images: data.train.images.count,
    ignored: data.train.ignored,
    parameters: trainer.size,
    step: progress.step,
    classes: data.classes,
    fit: fit ?? null,
  };
}
