/** The recipe of a pre-training run: what it computes, on what, for how long. Nothing about the machine. */
import { z } from 'zod';
import { duration, partialDuration } from './duration.js';

const count = z.int().positive();
const ratio = z.number().min(0).lt(1);

const swin = z
  .strictObject({
    kind: z.literal('swin'),
    channels: count.describe('Channels of the first stage; every further stage has twice as many'),
    depths: z.array(count).min(1).readonly().describe('Blocks of each stage'),
    heads: z.array(count).min(1).readonly().describe('Attention heads of each stage'),
    window: count.describe('Side of the attention window, in tokens of the compact grid'),
    positionChannels: count.describe('Width of the MLP that computes the position bias'),
    patch: count.describe('Side of a patch in pixels; a mask unit is patch x 2^(stages - 2)'),
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

const masking = z.strictObject({
  kind: z.literal('uniform').default('uniform').describe('One unit of each 2x2 cell stays visible'),
  secondaryRatio: ratio
    .default(0.25)
    .describe('Share of the visible units that a learned token replaces'),
  corners: z
    .enum(['independent', 'balanced'])
    .default('independent')
    .describe('How the visible corners of the cells are drawn; balanced in the published code'),
});

const decoder = z.strictObject({
  channels: count.default(512).describe('Width of the decoder'),
  depth: count.default(2).describe('Blocks of the decoder'),
  heads: count.default(16).describe('Attention heads of the decoder'),
  positions: z
    .enum(['aligned', 'published'])
    .default('aligned')
    .describe('Whether visible units get their own positions, or those of the published code'),
});

const image = z.strictObject({
  height: count.default(256).describe('In pixels'),
  width: count.default(256).describe('In pixels'),
});

const data = z.strictObject({
  paths: z.array(z.string()).readonly().default([]).describe('Folders and images to learn from'),
  maxUnreadable: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('Share of the images that may be unreadable before the run stops'),
});

const range = z.tuple([z.number().positive(), z.number().positive()]).readonly();

const augmentation = z.strictObject({
  area: range.default([0.2, 1]).describe('Share of the image that a random crop covers'),
  aspect: range.default([3 / 4, 4 / 3]).describe('Width / height of a random crop'),
  flip: z.number().min(0).max(1).default(0.5).describe('Probability of mirroring'),
});

const learningRate = z.union(
  [
    z.strictObject({ base: z.number().positive().describe('For 256 images a step') }),
    z.strictObject({ peak: z.number().positive().describe('Whatever the batch') }),
  ],
  { error: 'one of {base: RATE}, {peak: RATE}' },
);

const beta = z.number().min(0).lt(1);

const optimizer = z.strictObject({
  betas: z
    .tuple([beta, beta])
    .readonly()
    .default([0.9, 0.95])
    .describe('Decay of the running averages of AdamW'),
  epsilon: z.number().positive().default(1e-8).describe('Keeps the division of AdamW finite'),
  weightDecay: z.number().min(0).default(0.05).describe('None on biases and 1-D parameters'),
  maxGradientNorm: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Longer gradients are scaled down to this norm; null: never'),
});

const checkpoints = z.strictObject({
  every: duration
    .default({ steps: 1000 })
    .describe('How often the last checkpoint is replaced, beside the end of every epoch'),
  keepEpochs: count.default(100).describe('Epochs between two checkpoints that are kept for good'),
});

/** A recipe as it is written; what is left out has the default given here. */
export const pretrainRecipe = z.strictObject({
  backbone: swin.describe('The network to pre-train'),
  masking: masking.prefault({}).describe('Which patches are dropped'),
  decoder: decoder.prefault({}).describe('The network that reconstructs, thrown away afterwards'),
  normPixels: z
    .boolean()
    .default(true)
    .describe('Predict pixels relative to the mean and deviation of their unit'),
  image: image.prefault({}).describe('Size of the images that the network sees'),
  data: data.prefault({}).describe('The images'),
  augmentation: augmentation.prefault({}).describe('Random crops and mirroring'),
  batchSize: count.default(32).describe('Images that are computed at once'),
  accumulation: count.default(1).describe('Batches whose gradients make one optimizer step'),
  duration: duration.default({ epochs: 200 }).describe('Length of the run'),
  warmup: partialDuration
    .default({ share: 0.05 })
    .describe('Rise of the learning rate from 0, before it falls along a cosine'),
  learningRate: learningRate
    .default({ base: 1.5e-4 })
    .describe('At the end of the warm-up: {base} grows with the images of a step, {peak} does not'),
  minimumLearningRate: z.number().min(0).default(0).describe('At the end of the run'),
  optimizer: optimizer.prefault({}).describe('AdamW'),
  precision: z
    .enum(['f32', 'bf16', 'f16'])
    .default('f32')
    .describe('Of the matrix products; weights stay f32'),
  seed: z.int().min(0).default(0).describe('Decides weights, order, crops and masks'),
  logEvery: count.default(10).describe('Optimizer steps between two lines of metrics'),
  checkpoints: checkpoints.prefault({}).describe('What is saved, and when'),
});

/** What a recipe may leave out. */
export type PretrainRecipeInput = z.input<typeof pretrainRecipe>;

/** Every value is there. */
export type PretrainRecipe = z.output<typeof pretrainRecipe>;
