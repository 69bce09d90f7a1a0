/**
 * The rules by which `--budget` chooses, and their reasons. It takes the first that suits the images
 * and that there is time for. Figures are from docs/results.md; docs/small-data.md explains them.
 */

/** A model and a size of images to pre-train with. */
export interface PretrainRule {
  readonly model: string;
  /** Values of the recipe beside the model, by their paths. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Shorter side of images, in pixels, below which they would be enlarged for nothing. */
  readonly leastSide: number;
  /** Passes over the images from which on it is worth its time. */
  readonly leastEpochs: number;
  readonly because: string;
}

const square = (side: number) => ({ height: side, width: side });

/** The largest comes first; the smallest is taken where there is no time for another one. */
export const pretrainRules: readonly PretrainRule[] = [
  {
    model: 'swin-tiny',
    values: { image: square(256) },
    leastSide: 224,
    leastEpochs: 200,
    because: 'published with 200 passes at this size',
  },
  {
    model: 'swin-tiny',
    values: { image: square(192) },
    leastSide: 168,
    leastEpochs: 100,
    because: 'half the published passes, on smaller pictures; not measured',
  },
  {
    model: 'swin-micro',
    values: { image: square(192), 'backbone.patch': 4 },
    leastSide: 168,
    leastEpochs: 60,
    because: '60 passes over 400 photos paid, pixel by pixel and object by object',
  },
  {
    model: 'swin-micro',
    values: { image: square(128), 'backbone.patch': 4 },
    leastSide: 112,
    leastEpochs: 20,
    because: 'the grid of 64 pixels on larger pictures, where 60 passes do not fit',
  },
  {
    model: 'swin-micro',
    values: { image: square(64) },
    leastSide: 0,
    leastEpochs: 10,
    because: 'ten passes over 8,000 images brought ten points',
  },
];

/** A named recipe of fine-tuning that classifies. */
export interface FinetuneRule {
  readonly recipe: string;
  readonly leastEpochs: number;
  readonly leastSteps: number;
  readonly because: string;
}

/** The one that needs most time comes first; the last is taken where there is none for it. */
export const finetuneRules: readonly FinetuneRule[] = [
  {
    recipe: 'small-data-long',
    leastEpochs: 100,
    leastSteps: 5000,
    because: 'strong augmentation pays over thousands of steps',
  },
  {
    recipe: 'small-data',
    leastEpochs: 3,
    leastSteps: 1,
    because: 'crops and mirroring alone were nine points better over 250 steps',
  },
];

/** The batch by the number of images, the first that fits; never more than there are. */
export const batchRules = [
  { leastImages: 600, batchSize: 64, because: 'as in the runs on 800 and on 8,000 images' },
  { leastImages: 1, batchSize: 32, because: 'few images have to make many steps' },
] as const;

/** The share of the visible units that is hidden, by passes over the images, the first that fits. */
export const secondaryRules = [
  { leastEpochs: 200, secondaryRatio: 0.25, because: 'as published, after 200 passes' },
  { leastEpochs: 0, secondaryRatio: 0, because: 'better after 10 passes, level after 40' },
] as const;

/** The rise of the learning rate. */
export const warmupRule = { share: 0.05, because: 'the share of all measured runs' } as const;

/** The share of the budget that evaluations may take, beside the last one. */
export const evaluationRule = { share: 0.1, because: 'training comes first' } as const;

/** Fewer images teach nothing that a budget could buy more of. */
export const fewestImages = 8;
