/**
 * Recipes of segmentation by name, for `--recipe`: small sets, and ADE20K as published.
 *
 * Source: Li et al. 2022 (UM-MAE), published segmentation; the same author's segmentation of MAE;
 * Liu et al. 2021 (Swin), arXiv:2103.14030, section 4.3.
 */
import { backbonePresets } from '../../backbones/families.js';
import type { SegmentationRecipeInput } from './segmentation-recipe.js';

/** A recipe without its initial weights and its data. */
type NamedSegmentationRecipe = Partial<SegmentationRecipeInput>;

/** A few hundred images on a small machine: minutes with a micro model. */
export const smallSegmentation = {
  batchSize: 4,
  duration: { epochs: 40 },
  learningRate: { peak: 5e-4 },
  head: { channels: 128, projection: { kind: 'conv', channels: 128 }, auxiliary: { channels: 64 } },
  evaluateEvery: { share: 0.1 },
} as const satisfies NamedSegmentationRecipe;

/** 160,000 steps of 16 images, whose statistics batch norm takes together. */
const published = {
  image: { height: 512, width: 512 },
  crop: { height: 512, width: 512 },
  scale: { long: 2048, short: 512 },
  batchSize: 16,
  duration: { steps: 160_000 },
  warmup: { steps: 1500 },
  learningRate: { peak: 1e-4 },
  minimumLearningRate: 0,
  optimizer: { betas: [0.9, 0.999], weightDecay: 0.05 },
  schedule: { kind: 'poly', power: 1, warmupStart: 1e-6 },
  dropPath: 0.1,
  layerDecay: 1,
  precision: 'bf16',
  published: true,
  head: {
    channels: 768,
    projection: { kind: 'conv', channels: 768 },
    auxiliary: { channels: 256, weight: 0.4 },
  },
  inference: { windows: 'slide', stride: 341 / 512 },
  evaluateEvery: { share: 0.1 },
} as const satisfies NamedSegmentationRecipe;

/** The published norms of the embedding and of downsampling have an epsilon of 1e-5. */
const swinTiny = { ...backbonePresets['swin-tiny'], epsilon: 1e-5 };

/** Every recipe of segmentation that has a name. */
export const namedSegmentation = {
  'small-data-segmentation': smallSegmentation,
  'upernet-swin-tiny': { ...published, backbone: swinTiny },
  'upernet-pvt-small': { ...published, backbone: backbonePresets['pvt-small'] },
  'upernet-vit-base': {
    ...published,
    backbone: { ...backbonePresets['vit-base'], layerScale: 1 },
    relativePositions: true,
    layerDecay: 0.65,
  },
  'upernet-swin-tiny-unprojected': {
    ...published,
    backbone: swinTiny,
    learningRate: { peak: 6e-5 },
    optimizer: { betas: [0.9, 0.999], weightDecay: 0.01 },
    dropPath: 0.3,
    head: {
      channels: 512,
      projection: { kind: 'none' },
      auxiliary: { channels: 256, weight: 0.4 },
    },
    inference: { windows: 'whole' },
  },
} as const satisfies Readonly<Record<string, NamedSegmentationRecipe>>;
