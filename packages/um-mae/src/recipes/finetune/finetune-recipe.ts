/** The recipe of a fine-tuning run: which network learns which classes, from what, for how long. */
import { z } from 'zod';
import { backboneOptions } from '../../backbones/families.js';
import { headPoolings } from '../../backbones/pooled-stages.js';
import {
  cropFields,
  entry,
  evaluateEvery,
  from,
  image,
  layerDecay,
  maxUnreadable,
  path,
  probability,
  ratio,
  readingFields,
  resizePositions,
  trainingFields,
} from '../training-recipe.js';

const data = z.strictObject({
  train: path.describe(
    'images to learn from: a folder of classes, a list, tar shards or a Parquet file',
  ),
  val: path.describe('images to evaluate on, of the same classes'),
  ...readingFields,
  maxUnreadable,
});

const randAugment = z.strictObject({
  operations: z
    .int()
    .min(0)
    .default(2)
    .describe('drawn for each image, each skipped half of the time; 0: none'),
  magnitude: z.number().min(0).max(10).default(9).describe('mean strength of the operations'),
  magnitudeDeviation: z.number().min(0).default(0.5).describe('standard deviation of the strength'),
  increasing: z
    .boolean()
    .default(true)
    .describe('whether a larger magnitude is a stronger change in every operation'),
});

const augmentation = z.strictObject({
  ...cropFields(0.08),
  randAugment: randAugment.prefault({}).describe('RandAugment; by default rand-m9-mstd0.5-inc1'),
  erasing: probability
    .default(0.25)
    .describe('probability of replacing a rectangle of an image by noise'),
});

const mixing = z.strictObject({
  mixup: z
    .number()
    .min(0)
    .default(0.8)
    .describe('parameter of the Beta distribution by which mixup blends images; 0: no mixup'),
  cutmix: z
    .number()
    .min(0)
    .default(1)
    .describe('parameter of the Beta distribution by which cutmix pastes rectangles; 0: none'),
  probability: probability.default(1).describe('share of the batches that are mixed'),
  cutmixShare: probability
    .default(0.5)
    .describe('share of the mixed batches that get cutmix, where both are on'),
  labelSmoothing: ratio.default(0.1).describe('share of a target that is spread over all classes'),
});

const linearHead = z.strictObject({
  kind: z.literal('linear').default('linear').describe('linear: one number for each class'),
  pooling: z
    .enum(headPoolings)
    .default('mean')
    .describe(
      'input of the head: the mean over the tokens of the last stage, in a ViT the class token, or mean and deviation over the tokens of every stage',
    ),
  classes: z
    .array(z.string())
    .readonly()
    .default([])
    .describe('names of the classes, in the order of their numbers; none: those of the data'),
  new: z.boolean().default(false).describe('initialise a new head even if the weights have one'),
});

const head = z.discriminatedUnion('kind', [linearHead]);

/** A recipe as it is written; what is left out has the default given here. */
export const finetuneRecipe = z.strictObject({
  task: z.literal('classification').default('classification').describe('the task'),
  backbone: backboneOptions.describe('the network to fine-tune'),
  from,
  entry,
  head: head.prefault({}).describe('the network on the backbone'),
  resizePositions,
  image: image.prefault({}).describe('size of the images that the network sees'),
  data: data.describe('the images'),
  augmentation: augmentation.prefault({}).describe('what is done to each image'),
  mixing: mixing.prefault({}).describe('how images, and the classes that are learnt of them, mix'),
  ...trainingFields({
    duration: { epochs: 100 },
    warmup: { share: 0.05 },
    learningRate: 5e-4,
    minimumLearningRate: 1e-6,
    betas: [0.9, 0.999],
    dropPath: 0.1,
    seeded: 'the head, order, augmentation and dropped paths',
  }),
  layerDecay: layerDecay.default(0.85),
  evaluateEvery,
});

/** A recipe before defaults: optional values may be missing. */
export type FinetuneRecipeInput = z.input<typeof finetuneRecipe>;

/** A complete recipe: every value is present. */
export type FinetuneRecipe = z.output<typeof finetuneRecipe>;
