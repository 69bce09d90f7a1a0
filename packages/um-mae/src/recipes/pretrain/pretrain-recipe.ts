/**
 * The recipe of a pre-training run: what it computes, on what, for how long. Nothing about the
 * machine.
 */
import { z } from 'zod';
import { backboneOptions } from '../../backbones/families.js';
import { poolings } from '../../backbones/pooled-stages.js';
import { decoderOptions } from '../../objectives/decoder/options.js';
import {
  count,
  cropFields,
  entry,
  from,
  image,
  maxUnreadable,
  path,
  ratio,
  readingFields,
  resizePositions,
  trainingFields,
} from '../training-recipe.js';

const secondaryRatio = ratio
  .default(0.25)
  .describe('share of the visible units that a learned token replaces');

const uniformMasking = z.strictObject({
  kind: z
    .literal('uniform')
    .default('uniform')
    .describe('uniform: one unit of each cell stays visible; random: any units do'),
  cell: z
    .tuple([count, count])
    .refine(([rows, columns]) => rows * columns > 1, 'cells of more than one unit')
    .readonly()
    .default([2, 2])
    .describe('rows and columns of units in a cell; 2x2 drops three quarters'),
  secondaryRatio,
  corners: z
    .enum(['independent', 'balanced'])
    .default('independent')
    .describe('how the visible corners of the cells are drawn; balanced in the published code'),
});

const randomMasking = z.strictObject({
  kind: z.literal('random').describe('random: any units stay visible'),
  ratio: z.number().gt(0).lt(1).default(0.75).describe('share of the units that is dropped'),
  secondaryRatio: secondaryRatio.default(0),
});

const masking = z.discriminatedUnion('kind', [uniformMasking, randomMasking]);

const data = z.strictObject({
  paths: z
    .array(path)
    .readonly()
    .default([])
    .describe('folders, images, lists, tar shards and Parquet files to learn from'),
  ...readingFields,
  maxUnreadable,
});

const augmentation = z.strictObject(cropFields(0.2));

const watch = z.strictObject({
  every: z
    .strictObject({ epochs: count.describe('epochs between two looks') })
    .nullable()
    .default(null)
    .describe('{epochs: N}: how often the quality of the features is measured; null: never'),
  rankImages: count
    .default(512)
    .describe('images of the data whose features give the rank (RankMe)'),
  stages: z
    .array(z.int().nonnegative())
    .min(1)
    .readonly()
    .nullable()
    .default(null)
    .describe('stages whose features are joined, from 0; null: all'),
  pooling: z
    .enum(poolings)
    .nullable()
    .default(null)
    .describe('numbers that stand for a feature map; null: mean-and-deviation'),
  labelled: z
    .strictObject({
      train: path.describe('labelled images that probes learn from: folders by class'),
      val: path.describe('labelled images that probes are measured on'),
    })
    .nullable()
    .default(null)
    .describe('{train: PATH, val: PATH}, folders by class, for kNN and a linear probe'),
});

const objective = z
  .strictObject({
    name: z.string().min(1),
    values: z.record(z.string(), z.unknown()).default({}),
  })
  .nullable()
  .default(null)
  .describe('an objective of another program, which trains it; null: that of the method');

/** A recipe as it is written; what is left out has the default given here. */
export const pretrainRecipe = z.strictObject({
  task: z.literal('pretrain').default('pretrain').describe('the task'),
  backbone: backboneOptions.describe('the network to pre-train'),
  method: z
    .enum(['um-mae', 'mae', 'simmim'])
    .default('um-mae')
    .describe('um-mae: uniform masking; mae: random masking, for ViT; simmim: the full grid'),
  objective,
  from: from.default(null),
  entry,
  resizePositions,
  masking: masking.prefault({}).describe('which patches are dropped'),
  decoder: decoderOptions
    .prefault({})
    .describe('the network that reconstructs, thrown away afterwards'),
  normPixels: z
    .boolean()
    .default(true)
    .describe('predict pixels relative to the mean and deviation of their unit'),
  image: image.prefault({}).describe('size of the images that the network sees'),
  data: data.prefault({}).describe('the images'),
  augmentation: augmentation.prefault({}).describe('random crops and mirroring'),
  ...trainingFields({
    duration: { epochs: 200 },
    warmup: { share: 0.05 },
    learningRate: 1.5e-4,
    minimumLearningRate: 0,
    betas: [0.9, 0.95],
    dropPath: 0,
    seeded: 'weights, order, crops and masks',
  }),
  watch: watch.prefault({}).describe('how the features are doing; changes no weight'),
});

/** A recipe before defaults: optional values may be missing. */
export type PretrainRecipeInput = z.input<typeof pretrainRecipe>;

/** A complete recipe: every value is present. */
export type PretrainRecipe = z.output<typeof pretrainRecipe>;
