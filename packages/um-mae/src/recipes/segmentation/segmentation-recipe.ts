/**
 * The recipe of segmentation: which network learns the class of every pixel, from what, for how
 * long.
 */
import { z } from 'zod';
import { backboneOptions } from '../../backbones/families.js';
import { polySchedule } from '../schedule/schedule-fields.js';
import {
  count,
  entry,
  evaluateEvery,
  from,
  image,
  layerDecay,
  maxUnreadable,
  path,
  probability,
  ratio,
  syncBatchNorm,
  trainingFields,
} from '../training-recipe.js';

/** A value of masks: a whole number, or a colour such as `#804080`. */
const pixelValue = z.union(
  [z.int().min(0), z.string().regex(/^#[0-9a-f]{6}$/i, 'a colour such as #804080')],
  { error: 'a whole number, or a colour such as #804080' },
);

const classRule = z.strictObject({
  name: z.string().min(1).describe('the name of the class'),
  masks: z.array(pixelValue).readonly().describe('values of masks that mean the class'),
  colour: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i)
    .describe('the colour that shows the class'),
});

const classes = z.union(
  [
    z.array(classRule).readonly(),
    z.record(z.string().min(1), z.union([pixelValue, z.array(pixelValue).readonly()])).readonly(),
  ],
  {
    error:
      'names of classes with the values of masks that mean them, as {background: 0, object: 255}',
  },
);

const data = z.strictObject({
  train: path.describe(
    'images and masks to learn from: a folder of both, a list of `image mask`, or tar shards',
  ),
  val: path.describe('images and masks to evaluate on; may be the same folder, of its part `val`'),
  root: path
    .nullable()
    .default(null)
    .describe('folder that relative paths in lists start from; null: the folder of the list'),
  classes: classes
    .nullable()
    .default(null)
    .describe('names of classes with their values in masks; null: those that the data tell'),
  ignore: z
    .array(pixelValue)
    .readonly()
    .nullable()
    .default(null)
    .describe(
      'values of masks that are neither learnt nor counted; null: 255, where it is no class',
    ),
  exif: z
    .enum(['upright', 'ignore'])
    .default('upright')
    .describe('upright: turn images and masks by EXIF; ignore: take them as they are stored'),
  exclude: z
    .array(z.string().min(1))
    .readonly()
    .default([])
    .describe('patterns of files and folders to exclude, such as *_old.png'),
  maxUnreadable,
});

const projection = z.strictObject({
  kind: z
    .enum(['conv', 'norm-linear', 'none'])
    .default('conv')
    .describe(
      'layers between a pyramid and the head: a 1x1 convolution, LayerNorm and Linear, or none',
    ),
  channels: count
    .default(256)
    .describe('channels of all maps; with none they are those of the stages'),
});

const auxiliary = z.strictObject({
  channels: count.default(128).describe('channels of the auxiliary head'),
  weight: z.number().positive().default(0.4).describe('weight of its loss'),
});

const head = z.strictObject({
  kind: z.literal('upernet').default('upernet').describe('upernet: pools and fused maps'),
  channels: count.default(256).describe('channels that the head computes with'),
  dropout: ratio.default(0.1).describe('probability of dropping a channel before the last layer'),
  norm: z
    .enum(['batch', 'frozen', 'group'])
    .default('batch')
    .describe(
      'batch: over the images of a batch, 2 or more; frozen: by the statistics of `from`; group: inside each image',
    ),
  alignCorners: z.boolean().default(false).describe('resize maps with fixed corners'),
  projection: projection.prefault({}).describe('the way from the backbone to the head'),
  auxiliary: auxiliary
    .nullable()
    .prefault({})
    .describe('a second head on the last map but one, in training only; null: none'),
  new: z
    .boolean()
    .default(false)
    .describe('initialise new layers for classes even if the weights have some'),
});

const crop = z.strictObject({
  height: count.describe('in pixels'),
  width: count.describe('in pixels'),
});

const scale = z.strictObject({
  long: count.describe('most pixels of the longer side'),
  short: count.describe('most pixels of the shorter side'),
});

const augmentation = z.strictObject({
  ratios: z
    .tuple([z.number().positive(), z.number().positive()])
    .refine(([low, high]) => low <= high, 'two numbers that do not fall')
    .readonly()
    .default([0.5, 2])
    .describe('smallest and largest factor of the scale'),
  largestShare: probability
    .default(0.75)
    .describe('share of a crop that one class may have less than; 1: any'),
  flip: probability.default(0.5).describe('probability of mirroring'),
  distortion: z.boolean().default(true).describe('change brightness, contrast, saturation and hue'),
});

const inference = z.strictObject({
  windows: z
    .enum(['auto', 'whole', 'slide'])
    .default('auto')
    .describe(
      'whole: the image at once; slide: windows as large as a training crop; auto: slide over images of more than 4 crops',
    ),
  stride: z
    .number()
    .positive()
    .max(1)
    .default(2 / 3)
    .describe('distance between windows, in parts of a crop'),
  ratios: z
    .array(z.number().positive())
    .min(1)
    .readonly()
    .default([1])
    .describe('factors of the scale, over which probabilities are averaged'),
  mirrored: z.boolean().default(false).describe('average over the mirrored image, too'),
});

const fields = {
  task: z.literal('segmentation').default('segmentation').describe('the task'),
  backbone: backboneOptions.describe('the network to fine-tune'),
  from,
  entry,
  image: image.prefault({}).describe('size of the images that stored positions are made for'),
  relativePositions: z
    .boolean()
    .default(false)
    .describe(
      'in a ViT, learn a bias of attention for each difference of positions; images are then cut into crops',
    ),
  head: head.prefault({}).describe('the network on the backbone'),
  data: data.describe('the images'),
  crop: crop
    .nullable()
    .default(null)
    .describe('part of a scaled image that is learnt from; null: 256 or 512 pixels, by the images'),
  scale: scale
    .nullable()
    .default(null)
    .describe('size of images before cropping, and when they are evaluated; null: by the images'),
  augmentation: augmentation.prefault({}).describe('what is done to each image'),
  classWeights: z
    .union([z.literal('inverse-log'), z.array(z.number().positive()).readonly()], {
      error: 'inverse-log, or a number for each class',
    })
    .nullable()
    .default(null)
    .describe('factors of the loss by class; inverse-log: 1 / ln(1.02 + share of the pixels)'),
  published: z
    .boolean()
    .default(false)
    .describe(
      'resize as OpenCV does, average the loss over ignored pixels, too, and decay positions: as published',
    ),
  inference: inference.prefault({}).describe('the way to evaluate and predict'),
  ...trainingFields({
    duration: { epochs: 40 },
    warmup: { share: 0.05 },
    learningRate: 1.6e-3,
    minimumLearningRate: 0,
    betas: [0.9, 0.999],
    dropPath: 0.1,
    seeded: 'the head, order, augmentation, dropped paths and channels',
  }),
  batchSize: count.default(4).describe('images per batch'),
  schedule: polySchedule,
  layerDecay: layerDecay.default(0.9),
  syncBatchNorm,
  evaluateEvery,
};

/** A recipe as it is written; what is left out has the default given here. */
export const segmentationRecipe = z.strictObject(fields).check(({ value, issues }) => {
  const { batchSize, head, crop, image, inference, relativePositions } = value;
  const isOneSize =
    inference.windows === 'slide' && crop?.height === image.height && crop.width === image.width;
  if (relativePositions && !isOneSize) {
    const message = 'false unless `inference.windows` is slide and `crop` is as large as `image`';
    issues.push({ code: 'custom', path: ['relativePositions'], message, input: true });
  }
  if (crop && Math.min(crop.height, crop.width) < 32) {
    const message = '32 pixels or more on each side';
    issues.push({ code: 'custom', path: ['crop'], message, input: crop });
  }
  if (head.norm !== 'batch' || batchSize > 1) return;
  const message = '2 or more, for `head.norm` batch needs several images (or head.norm=group)';
  issues.push({ code: 'custom', path: ['batchSize'], message, input: batchSize });
});

/** A recipe before defaults: optional values may be missing. */
export type SegmentationRecipeInput = z.input<typeof segmentationRecipe>;

/** Every value is there. */
export type SegmentationRecipe = z.output<typeof segmentationRecipe>;
