/**
 * The recipe of a pre-training run: what it computes, on what, for how long. Nothing about the
 * machine.
 */
import { z } from 'zod';
import { backboneOptions } from '../backbones/families.js';
import {
  count,
  cropFields,
  image,
  maxUnreadable,
  path,
  ratio,
  trainingFields,
} from './training-recipe.js';

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

const decoderSize = {
  channels: count.multipleOf(4).default(512).describe('width of the decoder'),
  depth: count.default(2).describe('blocks of the decoder'),
  heads: count.default(16).describe('attention heads of the decoder'),
  mlpRatio: z
    .number()
    .positive()
    .default(4)
    .describe('hidden channels of the MLPs of the decoder, in multiples of its channels'),
  epsilon: z
    .number()
    .positive()
    .default(1e-6)
    .describe('keeps the division of LayerNorm finite in the decoder'),
};

const denseDecoder = z.strictObject({
  kind: z
    .literal('dense')
    .default('dense')
    .describe(
      'dense: mask tokens attend to all tokens; cross: to visible units alone, which is cheaper',
    ),
  ...decoderSize,
  positions: z
    .enum(['aligned', 'published'])
    .default('aligned')
    .describe('whether visible units get their own positions, or those of the published code'),
});

const crossDecoder = z.strictObject({
  kind: z.literal('cross').describe('cross: mask tokens attend to visible units alone'),
  ...decoderSize,
  predicted: z
    .number()
    .gt(0)
    .max(1)
    .default(0.25)
    .describe('of a cross decoder: share of the dropped units that each step predicts'),
});

const decoder = z
  .discriminatedUnion('kind', [denseDecoder, crossDecoder])
  .check(({ value, issues }) => {
    const { channels, heads } = value;
    if (channels % heads === 0) return;
    const message = `a divisor of ${channels}`;
    issues.push({ code: 'custom', path: ['heads'], message, input: heads });
  });

const data = z.strictObject({
  paths: z
    .array(path)
    .readonly()
    .default([])
    .describe('folders, images, lists, tar shards and Parquet files to learn from'),
  root: path
    .nullable()
    .default(null)
    .describe('folder that relative paths in lists start from; null: the folder of the list'),
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
  labelled: z
    .strictObject({
      train: path.describe('labelled images that probes learn from: folders by class'),
      val: path.describe('labelled images that probes are measured on'),
    })
    .nullable()
    .default(null)
    .describe('{train: PATH, val: PATH}, folders by class, for kNN and a linear probe'),
});

/** A recipe as it is written; what is left out has the default given here. */
export const pretrainRecipe = z.strictObject({
  task: z.literal('pretrain').default('pretrain').describe('the task'),
  backbone: backboneOptions.describe('the network to pre-train'),
  method: z
    .enum(['um-mae', 'mae', 'simmim'])
    .default('um-mae')
    .describe('um-mae: uniform masking; mae: random masking, for ViT; simmim: the full grid'),
  masking: masking.prefault({}).describe('which patches are dropped'),
  decoder: decoder.prefault({}).describe('the network that reconstructs, thrown away afterwards'),
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
