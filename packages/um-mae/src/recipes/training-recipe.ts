/** The recipe fields that all tasks share: steps, duration, logging, checkpoints. */
import { z } from 'zod';
import type { BackboneOptions } from '../backbones/families.js';
import { budget, revisions } from './budget/fields.js';
import {
  type Duration,
  duration,
  type PartialDuration,
  partialDuration,
} from './schedule/duration.js';
import { type epochSchedule, learningRate, type polySchedule } from './schedule/schedule-fields.js';
import { history } from './schedule/stretch.js';

export const count = z.int().positive();

/** A number of layers, as in backbones. */
export const layers = count.max(2 ** 10);

export const ratio = z.number().min(0).lt(1);
export const probability = z.number().min(0).max(1);
export const path = z.string().refine((text) => text !== '', 'a path');

const range = z
  .tuple([z.number().positive(), z.number().positive()])
  .refine(([low, high]) => low <= high, 'two numbers that do not fall')
  .readonly();

export const image = z.strictObject({
  height: count.default(256).describe('in pixels'),
  width: count.default(256).describe('in pixels'),
});

export const maxUnreadable = probability
  .default(0.01)
  .describe('share of the images that may be unreadable before the run stops');

/** Says how images and their classes are read, in the data of every recipe. */
export const readingFields = {
  root: path
    .nullable()
    .default(null)
    .describe('folder that relative paths in lists start from; null: the folder of the list'),
  labelColumn: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('column of a table, or field of a shard, that holds the class; null: label, or .cls'),
  classNames: path.nullable().default(null).describe('a file that names the classes; null: none'),
  exclude: z
    .array(z.string().min(1))
    .readonly()
    .default([])
    .describe('patterns of files and folders to exclude, such as *_mask.png'),
  sampleKeys: z
    .enum(['first-dot', 'last-dot'])
    .nullable()
    .default(null)
    .describe('where a sample key ends in the file names of a shard; null: decided by the names'),
};

/** Random crops and mirroring; crops cover at least `smallest` of the image's area by default. */
export function cropFields(smallest: number) {
  return {
    area: range
      .refine(([, high]) => high <= 1, 'shares of up to 1')
      .default([smallest, 1])
      .describe('share of the image that a random crop covers'),
    aspect: range.default([3 / 4, 4 / 3]).describe('width / height of a random crop'),
    flip: probability.default(0.5).describe('probability of mirroring'),
  };
}

/** The initial weights of a run. */
export const from = path
  .nullable()
  .describe('initial weights: a run, a checkpoint or a weights file; null: from scratch');

/** The set of initial weights in a file that holds several. */
export const entry = z
  .string()
  .nullable()
  .default(null)
  .describe(
    'which weights to use from a file that holds several sets, such as teacher; null: the usual ones',
  );

/** The treatment of initial weights of images of another size. */
export const resizePositions = z
  .boolean()
  .default(false)
  .describe('resize stored positions of another size of images, in PVT and ViT');

/** The decay of learning rates from the head to the first block, for networks that are fine-tuned. */
export const layerDecay = z
  .number()
  .positive()
  .max(1)
  .describe(
    'learning rate of a block as a share of that of the next block; the head has the full rate',
  );

/** The pace of evaluations during a run. */
export const evaluateEvery = z
  .union(
    [
      z.strictObject({ epochs: count.describe('epochs between two evaluations') }),
      z.strictObject({ share: z.number().positive().max(1).describe('part of the whole run') }),
    ],
    { error: 'one of {epochs: N}, {share: 0 to 1}' },
  )
  .default({ epochs: 1 })
  .describe(
    '{epochs: N} or {share: 0 to 1}: how often the network is evaluated; it also is at the end of the run',
  );

/** The statistics of batch norms in several processes. */
export const syncBatchNorm = z
  .boolean()
  .default(true)
  .describe(
    'with several processes, let batch norms take statistics over the images of all; else each over its own',
  );

const beta = z.number().min(0).lt(1);

function optimizer(betas: TrainingDefaults['betas']) {
  return z.strictObject({
    betas: z
      .tuple([beta, beta])
      .readonly()
      .default(betas)
      .describe('decay of the running averages of AdamW'),
    epsilon: z.number().positive().default(1e-8).describe('keeps the division of AdamW finite'),
    weightDecay: z
      .number()
      .min(0)
      .default(0.05)
      .describe('weight decay, except on biases and 1-D parameters'),
    maxGradientNorm: z
      .number()
      .positive()
      .nullable()
      .default(null)
      .describe('longer gradients are scaled down to this norm; null: never'),
  });
}

const checkpoints = z.strictObject({
  every: duration
    .default({ steps: 1000 })
    .describe('interval between checkpoints; one is also written after every epoch'),
  keepEpochs: count.default(100).describe('epochs between checkpoints that are never deleted'),
});

/** The defaults in which tasks differ. */
export interface TrainingDefaults {
  readonly duration: Duration;
  readonly warmup: PartialDuration;
  /** Highest learning rate for 256 images a step. */
  readonly learningRate: number;
  readonly minimumLearningRate: number;
  readonly betas: readonly [number, number];
  readonly dropPath: number;
  /** A phrase for what the seed determines, for the help of `seed`. */
  readonly seeded: string;
}

/** Makes the fields of every recipe, from the batch to the checkpoints. */
export function trainingFields(defaults: TrainingDefaults) {
  return {
    batchSize: count.default(32).describe('images per batch'),
    accumulation: count.default(1).describe('batches whose gradients make one optimizer step'),
    duration: duration.default(defaults.duration).describe('length of the run'),
    warmup: partialDuration
      .default(defaults.warmup)
      .describe('rise of the learning rate from 0, before it falls along a cosine'),
    learningRate: learningRate
      .default({ base: defaults.learningRate })
      .describe(
        'highest rate, after the warm-up: {base} is scaled by images per step / 256, {peak} is not',
      ),
    minimumLearningRate: z
      .number()
      .min(0)
      .default(defaults.minimumLearningRate)
      .describe('learning rate at the end of the run'),
    optimizer: optimizer(defaults.betas).prefault({}).describe('AdamW'),
    dropPath: ratio
      .default(defaults.dropPath)
      .describe('probability of skipping a residual branch in the last block; 0 in the first'),
    averageDecay: ratio
      .nullable()
      .default(null)
      .describe(
        'decay of a running average of the weights, such as 0.999; scores and commands then use the average; null: none',
      ),
    checkpointing: z
      .boolean()
      .default(false)
      .describe('recompute activations of blocks instead of storing them: less memory, slower'),
    precision: z
      .enum(['auto', 'f32', 'bf16', 'f16'])
      .default('f32')
      .describe(
        'precision of matrix products, with weights in f32; auto: bf16 where that is faster on the device, else f32',
      ),
    seed: z.int().min(0).default(0).describe(`seed of ${defaults.seeded}`),
    logEvery: count
      .nullable()
      .default(null)
      .describe(
        'optimizer steps between two lines of metrics; null: 10, or fewer for 100 lines of a run',
      ),
    checkpoints: checkpoints.prefault({}).describe('what is saved, and when'),
    history,
    budget,
    revisions,
  };
}

type TrainingFields = ReturnType<typeof trainingFields>;

/** The part of any recipe that the training loop uses. */
export type TrainingRecipe = z.output<z.ZodObject<TrainingFields>> & {
  readonly image: z.output<typeof image>;
  readonly data: { readonly maxUnreadable: number };
  /** Whether batch norms of several processes share their statistics; recipes without norms have none. */
  readonly syncBatchNorm?: boolean;
  /** The fall of the learning rate; along a cosine where a recipe has no other. */
  readonly schedule?: z.output<typeof polySchedule> | z.output<typeof epochSchedule>;
};

/** The values that `um-mae finetune` needs of a recipe, whatever the task. */
export type LabelledRecipe = TrainingRecipe & {
  readonly task: string;
  readonly backbone: BackboneOptions;
  readonly from: z.output<typeof from>;
  readonly entry: z.output<typeof entry>;
  readonly evaluateEvery: z.output<typeof evaluateEvery>;
};
