/** The recipe of a pre-training run: what it computes, on what, for how long. Nothing about the machine. */
import { z } from 'zod';
import { duration, partialDuration } from './duration.js';

const count = z.int().positive();
const path = z.string().refine((text) => text !== '', 'a path');
const ratio = z.number().min(0).lt(1);

const swin = z
  .strictObject({
    kind: z.literal('swin').describe('swin: windows of attention'),
    channels: count.describe('channels of the first stage; every further stage has twice as many'),
    depths: z.array(count).min(1).readonly().describe('blocks of each stage'),
    heads: z.array(count).min(1).readonly().describe('attention heads of each stage'),
    window: count.describe('side of the attention window, in tokens of the compact grid'),
    positionChannels: count.describe('width of the MLP that computes the position bias'),
    patch: count.describe('side of a patch in pixels; a mask unit is patch x 2^(stages - 2)'),
  })
  .check(({ value, issues }) => {
    const { channels, depths, heads } = value;
    if (heads.length !== depths.length) {
      const message = `${depths.length} numbers, one per stage`;
      issues.push({ code: 'custom', path: ['heads'], message, input: heads });
    }
    for (const [stage, divisor] of heads.entries()) {
      const width = channels * 2 ** stage;
      const message = `a divisor of ${width}`;
      if (width % divisor === 0) continue;
      issues.push({ code: 'custom', path: ['heads', stage], message, input: divisor });
    }
  });

const pvt = z
  .strictObject({
    kind: z.literal('pvt').describe('pvt: attention to pooled keys'),
    channels: z.array(count).min(1).readonly().describe('channels of each stage'),
    depths: z.array(count).min(1).readonly().describe('blocks of each stage'),
    heads: z.array(count).min(1).readonly().describe('attention heads of each stage'),
    mlpRatios: z.array(count).min(1).readonly().describe('width of the MLPs, by stage'),
    reductions: z.array(count).min(1).readonly().describe('side of the squares that share a key'),
    patch: count.describe('side of a patch in pixels; a mask unit is patch x 2^(stages - 2)'),
  })
  .check(({ value, issues }) => {
    const { channels, depths } = value;
    for (const key of ['channels', 'heads', 'mlpRatios', 'reductions'] as const) {
      if (value[key].length === depths.length) continue;
      const message = `${depths.length} numbers, one per stage`;
      issues.push({ code: 'custom', path: [key], message, input: value[key] });
    }
    for (const [stage, divisor] of value.heads.entries()) {
      const width = channels[stage] ?? 0;
      const message = `a divisor of ${width}`;
      if (width % divisor === 0) continue;
      issues.push({ code: 'custom', path: ['heads', stage], message, input: divisor });
    }
  });

const vit = z
  .strictObject({
    kind: z.literal('vit').describe('vit: full attention, no pyramid'),
    channels: count.multipleOf(4).describe('channels of every block'),
    depth: count.describe('blocks'),
    heads: count.describe('attention heads of each block'),
    patch: count.describe('side of a patch in pixels, and of a mask unit'),
  })
  .check(({ value, issues }) => {
    const { channels, heads } = value;
    if (channels % heads === 0) return;
    const message = `a divisor of ${channels}`;
    issues.push({ code: 'custom', path: ['heads'], message, input: heads });
  });

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

const decoder = z
  .strictObject({
    channels: count.multipleOf(4).default(512).describe('width of the decoder'),
    depth: count.default(2).describe('blocks of the decoder'),
    heads: count.default(16).describe('attention heads of the decoder'),
    positions: z
      .enum(['aligned', 'published'])
      .default('aligned')
      .describe('whether visible units get their own positions, or those of the published code'),
  })
  .check(({ value, issues }) => {
    const { channels, heads } = value;
    if (channels % heads === 0) return;
    const message = `a divisor of ${channels}`;
    issues.push({ code: 'custom', path: ['heads'], message, input: heads });
  });

const image = z.strictObject({
  height: count.default(256).describe('in pixels'),
  width: count.default(256).describe('in pixels'),
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
    .describe('folder that paths in lists begin at; null: that of the list'),
  maxUnreadable: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('share of the images that may be unreadable before the run stops'),
});

const range = z
  .tuple([z.number().positive(), z.number().positive()])
  .refine(([low, high]) => low <= high, 'two numbers that do not fall')
  .readonly();

const augmentation = z.strictObject({
  area: range
    .refine(([, high]) => high <= 1, 'shares of up to 1')
    .default([0.2, 1])
    .describe('share of the image that a random crop covers'),
  aspect: range.default([3 / 4, 4 / 3]).describe('width / height of a random crop'),
  flip: z.number().min(0).max(1).default(0.5).describe('probability of mirroring'),
});

const learningRate = z.union(
  [
    z.strictObject({
      base: z
        .number()
        .positive()
        .describe('highest learning rate for 256 images a step; it grows with the step'),
    }),
    z.strictObject({
      peak: z.number().positive().describe('highest learning rate, whatever the batch'),
    }),
  ],
  { error: 'one of {base: RATE}, {peak: RATE}' },
);

const beta = z.number().min(0).lt(1);

const optimizer = z.strictObject({
  betas: z
    .tuple([beta, beta])
    .readonly()
    .default([0.9, 0.95])
    .describe('decay of the running averages of AdamW'),
  epsilon: z.number().positive().default(1e-8).describe('keeps the division of AdamW finite'),
  weightDecay: z.number().min(0).default(0.05).describe('none on biases and 1-D parameters'),
  maxGradientNorm: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('longer gradients are scaled down to this norm; null: never'),
});

const checkpoints = z.strictObject({
  every: duration
    .default({ steps: 1000 })
    .describe('how often the last checkpoint is replaced, beside the end of every epoch'),
  keepEpochs: count.default(100).describe('epochs between two checkpoints that are kept for good'),
});

const watch = z.strictObject({
  every: z
    .strictObject({ epochs: count.describe('epochs between two looks') })
    .nullable()
    .default(null)
    .describe('{epochs: N}: how often the quality of the features is looked at; null: never'),
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
  backbone: z.discriminatedUnion('kind', [swin, pvt, vit]).describe('the network to pre-train'),
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
  batchSize: count.default(32).describe('images that are computed at once'),
  accumulation: count.default(1).describe('batches whose gradients make one optimizer step'),
  duration: duration.default({ epochs: 200 }).describe('length of the run'),
  warmup: partialDuration
    .default({ share: 0.05 })
    .describe('rise of the learning rate from 0, before it falls along a cosine'),
  learningRate: learningRate
    .default({ base: 1.5e-4 })
    .describe('the highest, after the warm-up: {base} for 256 images a step, or {peak} as it is'),
  minimumLearningRate: z.number().min(0).default(0).describe('at the end of the run'),
  optimizer: optimizer.prefault({}).describe('AdamW'),
  dropPath: ratio
    .default(0)
    .describe('probability of skipping a residual branch in the last block; 0 in the first'),
  averageDecay: ratio
    .nullable()
    .default(null)
    .describe('share of the old in a running average of the weights, such as 0.999; null: none'),
  checkpointing: z
    .boolean()
    .default(false)
    .describe('compute activations of blocks again instead of storing them: less memory, slower'),
  precision: z
    .enum(['f32', 'bf16', 'f16'])
    .default('f32')
    .describe('of the matrix products; weights stay f32'),
  seed: z.int().min(0).default(0).describe('decides weights, order, crops and masks'),
  logEvery: count.default(10).describe('optimizer steps between two lines of metrics'),
  checkpoints: checkpoints.prefault({}).describe('what is saved, and when'),
  watch: watch.prefault({}).describe('how the features are doing; changes no weight'),
});

/** What a recipe may leave out. */
export type PretrainRecipeInput = z.input<typeof pretrainRecipe>;

/** Every value is there. */
export type PretrainRecipe = z.output<typeof pretrainRecipe>;
