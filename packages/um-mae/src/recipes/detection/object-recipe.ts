/**
 * The recipes of detection and of instance segmentation: which network finds the objects of an
 * image, from what it learns, for how long.
 */
import { z } from 'zod';
import { type BackboneOptions, backboneOptions, shapeOf } from '../../backbones/families.js';
import { epochSchedule } from '../schedule/schedule-fields.js';
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
  syncBatchNorm,
  trainingFields,
} from '../training-recipe.js';
import { detectionHead, instancesHead } from './head-recipe.js';

const data = z.strictObject({
  train: path.describe(
    'images and objects to learn from: a folder, a COCO file, a list or tar shards',
  ),
  val: path.describe(
    'images and objects to evaluate on; may be the same folder, of its part `val`',
  ),
  root: path
    .nullable()
    .default(null)
    .describe('folder that relative paths of images start from; null: as the layout tells'),
  annotations: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'part of the name of the annotation files to take, where there are several; null: the shortest',
    ),
  classes: z
    .array(z.string().min(1))
    .readonly()
    .nullable()
    .default(null)
    .describe('names of the classes, in the order of their numbers; null: those of the data'),
  stuff: path
    .nullable()
    .default(null)
    .describe('folder of maps of stuff for `head.stuff`; null: `stuffthingmaps` of the set'),
  exclude: z
    .array(z.string().min(1))
    .readonly()
    .default([])
    .describe('patterns of files and folders to exclude, such as *_old.png'),
  maxUnreadable,
});

const projection = z.strictObject({
  kind: z
    .enum(['norm-linear', 'norm', 'none'])
    .default('norm-linear')
    .describe('layers between a stage and the feature pyramid: LayerNorm and Linear, one, or none'),
  channels: count
    .default(768)
    .describe('channels of all maps; without Linear they are those of the stages'),
});

const windows = z
  .strictObject({
    side: count.default(14).describe('side of a window, in patches'),
    global: count.default(4).describe('blocks that attend to all of the image, evenly spaced'),
  })
  .nullable()
  .default(null)
  .describe(
    'windows that the blocks of a ViT attend in, as in ViTDet; null: all attend to all of the image',
  );

const lengths = z.union(
  [
    z.array(count).min(1).readonly(),
    z.strictObject({
      from: count.describe('the least of all lengths'),
      to: count.describe('the largest of all lengths'),
    }),
  ],
  { error: 'lengths in pixels, such as [480, 512], or {from: 400, to: 1400}' },
);

const jitter = z.strictObject({
  kind: z
    .literal('jitter')
    .default('jitter')
    .describe('jitter: a random scale, then a random part'),
  height: count.multipleOf(32).default(384).describe('of what is learnt from, in pixels'),
  width: count.multipleOf(32).default(384).describe('of what is learnt from, in pixels'),
  ratios: z
    .tuple([z.number().positive(), z.number().positive()])
    .refine(([low, high]) => low <= high, 'two numbers that do not fall')
    .readonly()
    .default([0.1, 2])
    .describe('smallest and largest longer side, in parts of that of the output'),
});

const multiScale = z.strictObject({
  kind: z.literal('multi-scale').describe('multi-scale: the whole image at one of several scales'),
  long: count.default(1333).describe('most pixels of the longer side'),
  short: lengths
    .default([480, 512, 544, 576, 608, 640, 672, 704, 736, 768, 800])
    .describe('lengths of the shorter side to draw from'),
  crop: z
    .strictObject({
      short: z.array(count).min(1).readonly().default([400, 500, 600]).describe('scale before it'),
      sides: z.tuple([count, count]).readonly().default([384, 600]).describe('least and most'),
    })
    .nullable()
    .default(null)
    .describe('part of half of the images that is taken first; null: none'),
});

const input = z.discriminatedUnion('kind', [jitter, multiScale]);

const scale = z.strictObject({
  long: count.describe('most pixels of the longer side'),
  short: count.describe('most pixels of the shorter side'),
});

const soft = z
  .strictObject({
    decay: z
      .enum(['linear', 'gaussian'])
      .default('linear')
      .describe('linear: by the overlap, from `overlap` on; gaussian: by a bell curve of it'),
    sigma: z.number().positive().default(0.5).describe('width of the bell curve'),
    least: probability.default(0.001).describe('boxes whose score falls below are dropped'),
  })
  .nullable()
  .default(null)
  .describe('boxes lower the scores of those that they overlap (soft-NMS); null: they drop them');

const inference = z.strictObject({
  scale: scale
    .nullable()
    .default(null)
    .describe('size of images when they are evaluated; null: that of the largest trained on'),
  scales: z
    .array(scale)
    .min(1)
    .readonly()
    .nullable()
    .default(null)
    .describe('sizes that every image is looked at in, in place of `scale`; null: that alone'),
  flip: z.boolean().default(false).describe('look at mirrored images, too'),
  leastScore: probability.default(0.05).describe('scores of objects are greater'),
  overlap: probability
    .default(0.5)
    .describe('overlap from which on boxes of a class suppress each other'),
  soft,
  most: count.default(100).describe('objects of an image'),
  overlaps: z
    .array(z.number().positive().max(1))
    .min(1)
    .readonly()
    .nullable()
    .default(null)
    .describe('overlaps that AP is the mean over; null: 0.5, 0.55 ... 0.95, those of COCO'),
});

const instaBoost = z
  .strictObject({
    probability: probability.default(0.5).describe('of an image whose objects move'),
    colours: probability.default(0.5).describe('probability that such an image changes colours'),
  })
  .nullable()
  .default(null)
  .describe(
    'objects move a little in their image, which is filled behind them, as in HTC++; null: none',
  );

const fields = {
  backbone: backboneOptions.describe('the network to fine-tune'),
  from,
  entry,
  image: image.prefault({}).describe('size of the images that stored positions are made for'),
  windows,
  projection: projection.prefault({}).describe('the way from the backbone to the pyramid'),
  globalBlock: z
    .boolean()
    .default(false)
    .describe(
      'append a block to the last stage, of attention to all of the image, as in HTC++; it changes nothing at first',
    ),
  data: data.describe('the images'),
  input: input.prefault({}).describe('the way in which images are scaled and cropped in training'),
  flip: probability.default(0.5).describe('probability of mirroring'),
  published: z
    .boolean()
    .default(false)
    .describe('resize as OpenCV does, without smoothing, as published'),
  inference: inference.prefault({}).describe('the way to evaluate and predict'),
  ...trainingFields({
    duration: { epochs: 40 },
    warmup: { share: 0.05 },
    learningRate: 1.6e-3,
    minimumLearningRate: 0,
    betas: [0.9, 0.999],
    dropPath: 0.1,
    seeded: 'the head, order, augmentation, dropped paths and sampled regions',
  }),
  batchSize: count.default(2).describe('images per batch'),
  schedule: epochSchedule,
  layerDecay: layerDecay.default(0.9),
  undecayed: z
    .array(z.string().min(1))
    .readonly()
    .nullable()
    .default(null)
    .describe(
      'parts of names of parameters without weight decay; null: all of one dimension, and positions',
    ),
  syncBatchNorm,
  evaluateEvery,
};

/** Refuses windows of a backbone whose stages have their own. */
function checkWindows({
  value: { backbone, windows: own },
  issues,
}: z.core.ParsePayload<{
  readonly backbone: BackboneOptions;
  readonly windows: z.output<typeof windows>;
}>): void {
  if (own === null || shapeOf(backbone).strides.length === 1) return;
  const message = 'null, for this backbone has stages,';
  issues.push({ code: 'custom', path: ['windows'], message, input: own });
}

/** A recipe of boxes as it is written; what is left out has the default given here. */
export const detectionRecipe = z
  .strictObject({
    task: z.literal('detection').default('detection').describe('the task'),
    head: detectionHead.prefault({}).describe('the network on the backbone'),
    ...fields,
  })
  .check(({ value: { head, batchSize }, issues }) => {
    if (head.kind !== 'gfl' || head.norm !== 'batch' || batchSize > 1) return;
    const message = '2 or more, for `head.norm` batch needs several images (or head.norm=group)';
    issues.push({ code: 'custom', path: ['batchSize'], message, input: batchSize });
  })
  .check(checkWindows);

/** A recipe of boxes and masks as it is written. */
export const instancesRecipe = z
  .strictObject({
    task: z.literal('instances').default('instances').describe('the task'),
    head: instancesHead.prefault({}).describe('the network on the backbone'),
    instaBoost,
    ...fields,
  })
  .check(checkWindows);

export type DetectionRecipe = z.output<typeof detectionRecipe>;
export type InstancesRecipe = z.output<typeof instancesRecipe>;

/** A recipe of either task, with every value. */
export type ObjectRecipe = DetectionRecipe | InstancesRecipe;

/** Recipes before defaults: optional values may be missing. */
export type DetectionRecipeInput = z.input<typeof detectionRecipe>;
export type InstancesRecipeInput = z.input<typeof instancesRecipe>;
