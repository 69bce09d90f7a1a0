/**
 * The small tasks that a device is checked with: each objective on a small network and made-up
 * images.
 */
import { batchOf } from '../data/loading/loader.js';
import { parseFinetuneRecipe, parsePretrainRecipe } from '../recipes/parse.js';
import { methodRecipe, modelRecipe } from '../recipes/pretrain/named.js';
import type { TrainingRecipe } from '../recipes/training-recipe.js';
import { type Assignment, assign } from '../recipes/values/assignments.js';
import { ClassificationTask } from '../tasks/classification/classification-task.js';
import { PretrainTask } from '../tasks/pretrain/pretrain-task.js';
import type { Batch, Task } from '../training/task.js';

/** Something to train in any precision. */
export interface SmallTask {
  readonly name: string;
  /** The images that every step takes, and what is known of them. */
  readonly batch: Batch;
  /** Largest difference of gradients in bf16 and f16, relative in their norm; default 5e-2. */
  readonly halfGradients?: number;
  readonly task: (precision: TrainingRecipe['precision']) => Task;
}

/** Images of a step. */
export const batchSize = 4;

/** One task of each kind. */
export function smallTasks(): SmallTask[] {
  return [
    pretraining('um-mae', 'swin-micro'),
    pretraining('um-mae', 'pvt-micro'),
    pretraining('mae', 'vit-small', [
      { path: 'backbone.depth', value: 2 },
      { path: 'decoder.depth', value: 2 },
      { path: 'image', value: { height: 64, width: 64 } },
    ]),
    pretraining('simmim', 'swin-micro'),
    finetuning('swin-micro'),
  ];
}

function pretraining(
  method: string,
  model: string,
  changes: readonly Assignment[] = [],
): SmallTask {
  const complete = parsePretrainRecipe({
    ...modelRecipe(model),
    ...methodRecipe(method),
    // Dropped paths would keep a GPU from recording steps.
    dropPath: 0,
    batchSize,
  });
  const recipe = parsePretrainRecipe(assign(complete, changes));
  return {
    name: `${method} on ${model}`,
    batch: imagesFor(recipe),
    task: (precision) => new PretrainTask({ ...recipe, precision }),
  };
}

function finetuning(model: string): SmallTask {
  const { backbone, image } = modelRecipe(model);
  const recipe = parseFinetuneRecipe({
    backbone,
    image,
    from: null,
    data: { train: 'images', val: 'images' },
    head: { classes: ['0', '1', '2', '3'] },
    dropPath: 0,
    batchSize,
  });
  return {
    name: `fine-tuning of ${model}`,
    batch: imagesFor(recipe),
    task: (precision) => new ClassificationTask({ recipe: { ...recipe, precision } }),
  };
}

/** Smooth colours with noise on them, the same ones everywhere, each of a class of its own. */
export function imagesFor({ image }: Pick<TrainingRecipe, 'image'>): Batch {
  const { height, width } = image;
  const pixels = Uint8Array.from({ length: batchSize * height * width * 3 }, (_, i) => {
    const noise = (Math.imul(i, 2654435761) >>> 13) & 63;
    return 96 + noise + Math.round(64 * Math.sin(i / 500));
  });
  const classes = Array.from({ length: batchSize }, (_, i) => i);
  return batchOf(pixels, image, classes);
}
