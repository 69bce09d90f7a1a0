/** Fine-tuning for classification: a recipe, images with classes, weights to begin with; a run directory out. */
import { replaceFile } from '@um-mae/torch/serialization';
import {
  classifiedDigest,
  openTrainingImages,
  type TrainingImages,
} from '../data/classified-images.js';
import { ImageLoader } from '../data/loading/loader.js';
import { UnreadableBudget } from '../data/loading/unreadable.js';
import { evaluateClassifier } from '../evaluation/classification.js';
import { renderConfusion } from '../evaluation/confusion-picture.js';
import type { Classifier } from '../heads/classifier.js';
import type { FinetuneRecipe } from '../recipes/finetune-recipe.js';
import { finetuning } from '../recipes/kind.js';
import { resolve } from '../recipes/plan.js';
import { readWeightsFile } from '../weights/weights-file.js';
import type { EvaluationLine, FinetuneEvent, Metrics } from './events.js';
import { FinetuneTask } from './finetune-task.js';
import { type OpenedRun, openRun, type RunOptions } from './open-run.js';
import { Run } from './run.js';
import { hasCheckpoint, writeBest } from './run-files/checkpoint.js';
import { checkSameRecipe, recordedRecipe } from './run-files/resume.js';
import { Trainer } from './trainer.js';

export interface FinetuneOptions extends RunOptions {
  readonly recipe: FinetuneRecipe;
}

type Events = AsyncGenerator<FinetuneEvent, void, undefined>;

/**
 * Trains, evaluates, and tells what happens. Weights depend on recipe, images, device and threads only: a run
 * that was stopped at any moment and resumed ends with the same ones.
 *
 * @throws UmMaeError or TorchError, of one sentence, when the run cannot begin or go on
 */
export async function* finetune(options: FinetuneOptions): Events {
  const { mode, device, workers } = options;
  const data = await openTrainingImages(options.recipe.data, options.recipe.classes);
  const { train, classes } = data;
  const recipe = { ...options.recipe, classes };
  if (mode === 'resume') {
    checkSameRecipe(options.directory, await recordedRecipe(options.directory, finetuning), recipe);
  }
  const { count } = train.images;
  const plan = resolve(recipe, { images: count });
  const isBegun = mode === 'resume' && hasCheckpoint(options.directory);
  const start = recipe.from === null || isBegun ? undefined : readWeightsFile(recipe.from);
  const task = new FinetuneTask({ recipe, labels: train.labels, start });
  const trainer = new Trainer(task, device);
  const images = { count, digest: classifiedDigest(train) };
  const opened = await openRun(options, { plan, trainer, images });
  const parts = { ...opened, recipe, data, trainer, machine: { device, workers } };
  const run = new Run<FinetuneEvent>({
    ...options,
    ...opened,
    task: 'finetune',
    plan,
    trainer,
    loader: new ImageLoader({
      images: train.images,
      ...recipe.image,
      transform: { kind: 'augmented-crop', ...cropOf(recipe) },
      batchSize: recipe.batchSize,
      seed: recipe.seed,
      workers,
      dropLast: true,
    }),
    async *afterEpoch(metrics: Metrics): Events {
      yield { kind: 'epoch', metrics };
      yield* evaluate(parts);
    },
  });
  try {
    yield {
      kind: 'started',
      directory: opened.directory.path,
      plan,
      images: count,
      ignored: train.ignored,
      parameters: trainer.size,
      step: opened.progress.step,
      classes,
      fit: fitOf(task),
    };
    yield* run.events();
  } finally {
    await run.close();
  }
}

function cropOf({ augmentation }: FinetuneRecipe) {
  const { area, aspect, flip, randAugment } = augmentation;
  return { area, aspect, flip, randAugment };
}

function fitOf({ fit }: FinetuneTask): Extract<FinetuneEvent, { kind: 'started' }>['fit'] {
  if (!fit) return null;
  const { missing, leftOut, resized } = fit;
  return { missing, leftOut, resized };
}

interface EvaluationParts extends OpenedRun {
  readonly recipe: FinetuneRecipe;
  readonly data: TrainingImages;
  readonly trainer: Trainer<Classifier>;
  readonly machine: { readonly device: string; readonly workers: number };
}

/** Scores, a picture of the confusion matrix, and the best weights so far. */
async function* evaluate(parts: EvaluationParts): Events {
  const { recipe, data, trainer, machine, progress, directory, log } = parts;
  if (progress.epoch % recipe.evaluateEvery.epochs !== 0 && !progress.isFinished) return;
  const { step, epochsDone: epoch } = progress;
  const startMs = performance.now();
  const found = await evaluateClassifier(trainer.shown, data.val.images, {
    ...machine,
    batchSize: recipe.batchSize,
  });
  new UnreadableBudget(data.val.images.count, recipe.data.maxUnreadable).add(found.skipped);
  for (const image of found.skipped) await log.addSkipped({ step, ...image });
  const seconds = (performance.now() - startMs) / 1000;
  const scores: EvaluationLine = { kind: 'evaluation', step, epoch, ...found.scores, seconds };

  const picture = directory.sheet(progress.epoch);
  const png = await renderConfusion({
    title: `Confusion after epoch ${progress.epoch}`,
    note: describeScores(scores),
    classes: data.classes,
    confusion: found.confusion,
  });
  replaceFile(picture, (append) => append(png));
  await log.addPicture(step, 'confusion', png);
  await log.add(scores);
  const best = log.best === scores;
  if (best) {
    // Without the time that it took: the same run gives the same file.
    const kept = { step, epoch, ...found.scores };
    writeBest(directory.checkpoints, trainer.shown.state(), { recipe, scores: kept });
  }
  yield { kind: 'evaluated', scores, best, picture };
}

function describeScores({ topOne, perClass, images }: EvaluationLine): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return `${percent(topOne)} of ${images} images right, ${percent(perClass)} averaged over classes. Numbers are per cent of a row.`;
}
