/** The networks that find objects, on the maps of a backbone. */
import { z } from 'zod';
import { count, layers } from '../training-recipe.js';

const newHead = z
  .boolean()
  .default(false)
  .describe('initialise new layers for classes even if the weights have some');

const channels = count.default(256).describe('channels of the levels and of the layers on them');

const gfl = z.strictObject({
  kind: z.literal('gfl').default('gfl').describe('gfl: qualities and distances at every place'),
  channels,
  norm: z
    .enum(['batch', 'frozen', 'group'])
    .default('batch')
    .describe(
      'norm of the feature pyramid: over a batch, by the statistics of `from`, or inside each image',
    ),
  depth: layers.default(4).describe('convolutions before scores, and before distances'),
  new: newHead,
});

const limits = z.strictObject({
  ofLevel: count.describe('anchors of each level that are looked at'),
  all: count.describe('proposals of an image'),
});

const proposals = (training: z.output<typeof limits>) =>
  z
    .strictObject({
      training: limits.default(training).describe('in training'),
      evaluation: limits.default({ ofLevel: 1000, all: 1000 }).describe('in evaluation'),
    })
    .prefault({})
    .describe('regions that may hold an object');

const twoStages = {
  channels,
  norm: z
    .enum(['none', 'group'])
    .default('none')
    .describe('norm of the feature pyramid: none, or inside each image'),
  boxChannels: count.default(1024).describe('channels of the layers that tell boxes'),
  anchorScale: z
    .number()
    .positive()
    .default(8)
    .describe('side of a square anchor, in strides of its level'),
  anchors: count.default(256).describe('anchors of an image that are learnt from'),
  regions: count.default(512).describe('regions of an image that are learnt from'),
  proposals: proposals({ ofLevel: 2000, all: 1000 }),
  new: newHead,
};

const fasterRcnn = z.strictObject({
  kind: z.literal('faster-rcnn').describe('faster-rcnn: boxes of regions'),
  ...twoStages,
});

const masks = { maskDepth: layers.default(4).describe('convolutions before masks') };

const maskRcnn = z.strictObject({
  kind: z
    .literal('mask-rcnn')
    .default('mask-rcnn')
    .describe('mask-rcnn: boxes and masks of regions'),
  ...twoStages,
  ...masks,
});

/** Three stages, each of which begins with the boxes of the one before. */
const threeStages = {
  ...twoStages,
  proposals: proposals({ ofLevel: 2000, all: 2000 }),
  boxLayers: z
    .strictObject({
      convolutions: z.int().min(0).default(0).describe('convolutions before linear layers'),
      linear: layers.default(2).describe('linear layers before scores and boxes'),
      norm: z
        .enum(['batch', 'frozen', 'group'])
        .default('batch')
        .describe(
          'norm of the convolutions: over the regions of a batch, by the statistics of `from`, or inside each region',
        ),
    })
    .prefault({})
    .describe('layers that tell boxes'),
  boxLoss: z
    .enum(['smooth-l1', 'giou'])
    .default('smooth-l1')
    .describe('smooth-l1: of deltas; giou: 10 (1 - GIoU) of boxes'),
};

const sharesBoxes = z
  .boolean()
  .default(true)
  .describe('one box of a region for all classes, not one for each');

const cascade = { ...threeStages, sharesBoxes };

const cascadeRcnn = z.strictObject({
  kind: z.literal('cascade').describe('cascade: boxes of regions, refined in three stages'),
  ...cascade,
});

const cascadeMaskRcnn = z.strictObject({
  kind: z.literal('cascade').describe('cascade: boxes refined in three stages, masks of each'),
  ...cascade,
  ...masks,
});

const htc = z.strictObject({
  kind: z
    .literal('htc')
    .describe('htc: a cascade whose masks learn from refined boxes and from earlier masks'),
  ...threeStages,
  ...masks,
  stuff: count
    .nullable()
    .default(null)
    .describe('classes of pixels that a semantic branch learns, by maps; null: no such branch'),
});

/** The heads of detection. */
export const detectionHead = z.discriminatedUnion('kind', [gfl, fasterRcnn, cascadeRcnn]);

/** The heads of instance segmentation. */
export const instancesHead = z.discriminatedUnion('kind', [maskRcnn, cascadeMaskRcnn, htc]);
