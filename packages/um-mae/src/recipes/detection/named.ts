/**
 * Recipes of detection and instance segmentation by name, for `--recipe`: small sets, and COCO as
 * published.
 *
 * Source: Li et al. 2022 (UM-MAE), published detection (GFL); Liu et al. 2021 (Swin),
 * arXiv:2103.14030, appendix A2.2 (Mask R-CNN, Cascade Mask R-CNN); Liang et al. 2021 (CBNetV2),
 * arXiv:2107.00420, published configurations (HTC).
 */
import { backbonePresets } from '../../backbones/families.js';
import type { DetectionRecipeInput, InstancesRecipeInput } from './object-recipe.js';

/** Recipes without their initial weights and their data. */
type NamedDetectionRecipe = Partial<DetectionRecipeInput>;
type NamedInstancesRecipe = Partial<InstancesRecipeInput>;

/** Values for some hundred images on a small machine: minutes with a micro model. */
const small = {
  batchSize: 4,
  projection: { kind: 'norm-linear', channels: 128 },
  duration: { epochs: 40 },
  learningRate: { peak: 1e-3 },
  input: { kind: 'jitter', height: 320, width: 320, ratios: [0.6, 1.4] },
  evaluateEvery: { share: 0.1 },
} as const;

/** The default of `detection`. */
export const smallDetection = {
  ...small,
  head: { kind: 'gfl', channels: 64, norm: 'group', depth: 2 },
  inference: { overlap: 0.6 },
} as const satisfies NamedDetectionRecipe;

/** Values of detectors by regions, of which few are looked at. */
const smallRegions = {
  channels: 64,
  norm: 'group',
  boxChannels: 256,
  anchors: 128,
  regions: 64,
  proposals: { training: { ofLevel: 200, all: 200 }, evaluation: { ofLevel: 300, all: 300 } },
} as const;

/** Boxes in three stages. */
const smallCascade = {
  ...small,
  head: { kind: 'cascade', ...smallRegions },
} as const satisfies NamedDetectionRecipe;

/** The default of `instances`. */
export const smallInstances = {
  ...small,
  head: { kind: 'mask-rcnn', ...smallRegions, maskDepth: 2 },
} as const satisfies NamedInstancesRecipe;

/** Boxes in three stages, and masks of each. */
const smallCascadeMasks = {
  ...smallInstances,
  head: { ...smallInstances.head, kind: 'cascade' },
} as const satisfies NamedInstancesRecipe;

/** The same, with masks of the boxes that each stage has refined. */
const smallHtc = {
  ...smallInstances,
  head: { ...smallInstances.head, kind: 'htc' },
} as const satisfies NamedInstancesRecipe;

/** 16 images a step; the rate grows with the images of a step. */
const published = {
  image: { height: 1024, width: 1024 },
  learningRate: { base: 1.6e-3 },
  optimizer: { betas: [0.9, 0.999], weightDecay: 0.05 },
  layerDecay: 1,
  precision: 'bf16',
  published: true,
  inference: { scale: { long: 1333, short: 800 } },
} as const;

/** The norms of the embedding and of downsampling have an epsilon of 1e-5 in detection. */
const swinTiny = { ...backbonePresets['swin-tiny'], epsilon: 1e-5 };
const swinSmall = { ...backbonePresets['swin-small'], epsilon: 1e-5 };
const swinBase = { ...backbonePresets['swin-base'], epsilon: 1e-5 };
const swinLarge = { ...backbonePresets['swin-large'], epsilon: 1e-5 };

/** 25 epochs with a cosine of whole epochs; batch norm takes the images of a step together. */
const gfl = {
  ...published,
  batchSize: 16,
  duration: { epochs: 25 },
  warmup: { steps: 2000 },
  minimumLearningRate: 1e-6,
  schedule: { kind: 'epoch-cosine', warmupStart: 1e-3 },
  dropPath: 0.1,
  undecayed: ['norm', 'bias', 'pos_embed'],
  input: { kind: 'jitter', height: 1024, width: 1024, ratios: [0.1, 2] },
  head: { kind: 'gfl', channels: 256, norm: 'batch', depth: 4 },
  inference: { ...published.inference, overlap: 0.6 },
} as const satisfies NamedDetectionRecipe;

/** Mask R-CNN of Swin's own detectors; 1x is 12 epochs, 3x are 36. */
const maskRcnn = {
  ...published,
  batchSize: 2,
  accumulation: 8,
  warmup: { steps: 500 },
  undecayed: ['norm', 'absolute_pos_embed', 'relative_position_bias_table'],
  projection: { kind: 'norm' },
  input: { kind: 'multi-scale', long: 1333, crop: { short: [400, 500, 600], sides: [384, 600] } },
  head: { kind: 'mask-rcnn' },
} as const satisfies NamedInstancesRecipe;

const once = {
  ...maskRcnn,
  duration: { epochs: 12 },
  schedule: { kind: 'epoch-steps', milestones: [8, 11] },
  dropPath: 0.1,
} as const satisfies NamedInstancesRecipe;

const threeTimes = {
  ...maskRcnn,
  duration: { epochs: 36 },
  schedule: { kind: 'epoch-steps', milestones: [27, 33] },
  dropPath: 0.2,
} as const satisfies NamedInstancesRecipe;

/** Box heads of published cascades: four convolutions, one linear layer, and GIoU. */
const published4Conv1Fc = {
  boxLayers: { convolutions: 4, linear: 1, norm: 'batch' },
  boxLoss: 'giou',
} as const;

/** Cascade Mask R-CNN of Swin's own detectors, trained as its Mask R-CNN. */
const cascadeHead = { kind: 'cascade', ...published4Conv1Fc, sharesBoxes: false } as const;

const htcHead = { kind: 'htc', ...published4Conv1Fc } as const;

/** HTC of CBNetV2's detectors: 8 images a step, and the whole image at any scale. */
const htc = {
  ...maskRcnn,
  batchSize: 1,
  duration: { epochs: 20 },
  schedule: { kind: 'epoch-steps', milestones: [16, 19] },
  input: { kind: 'multi-scale', long: 1600, short: { from: 400, to: 1400 } },
  head: { ...htcHead, stuff: 183 },
  inference: {
    scale: { long: 1600, short: 1400 },
    leastScore: 0.001,
    overlap: 0.5,
    soft: { decay: 'linear' },
  },
} as const satisfies NamedInstancesRecipe;

/**
 * HTC++ of Swin's authors, of which no more is published than these parts: the training of HTC with
 * 16 images a step, InstaBoost, a block of global attention, and soft-NMS. Layer decay and averaged
 * weights are ours, for backbones that were pre-trained without labels.
 */
const htcPlus = {
  ...htc,
  head: htcHead,
  accumulation: 16,
  globalBlock: true,
  instaBoost: { probability: 0.5 },
  layerDecay: 0.9,
  averageDecay: 0.9998,
  checkpointing: true,
  dropPath: 0.2,
} as const satisfies NamedInstancesRecipe;

const twelveEpochs = {
  ...htcPlus,
  duration: { epochs: 12 },
  schedule: { kind: 'epoch-steps', milestones: [8, 11] },
} as const satisfies NamedInstancesRecipe;

const seventyTwoEpochs = {
  ...htcPlus,
  duration: { epochs: 72 },
  schedule: { kind: 'epoch-steps', milestones: [63, 69] },
} as const satisfies NamedInstancesRecipe;

/** Every recipe of detection that has a name. */
export const namedDetection = {
  'small-data-detection': smallDetection,
  'small-data-cascade-detection': smallCascade,
  'gfl-swin-tiny': { ...gfl, backbone: swinTiny },
  'gfl-pvt-small': { ...gfl, backbone: backbonePresets['pvt-small'] },
} as const satisfies Readonly<Record<string, NamedDetectionRecipe>>;

/** Every recipe of instance segmentation that has a name. */
export const namedInstances = {
  'small-data-instances': smallInstances,
  'small-data-cascade-instances': smallCascadeMasks,
  'small-data-htc-instances': smallHtc,
  'mask-rcnn-swin-tiny-1x': { ...once, backbone: swinTiny },
  'mask-rcnn-swin-tiny-3x': { ...threeTimes, backbone: swinTiny },
  'mask-rcnn-swin-small-3x': { ...threeTimes, backbone: swinSmall },
  'cascade-mask-rcnn-swin-tiny-1x': { ...once, head: cascadeHead, dropPath: 0, backbone: swinTiny },
  'cascade-mask-rcnn-swin-tiny-3x': { ...threeTimes, head: cascadeHead, backbone: swinTiny },
  'cascade-mask-rcnn-swin-small-3x': { ...threeTimes, head: cascadeHead, backbone: swinSmall },
  'cascade-mask-rcnn-swin-base-3x': {
    ...threeTimes,
    head: cascadeHead,
    dropPath: 0.3,
    backbone: swinBase,
  },
  'htc-swin-base-20e': { ...htc, dropPath: 0.3, backbone: swinBase },
  'htc-swin-large-12e': {
    ...htc,
    duration: { epochs: 12 },
    schedule: { kind: 'epoch-steps', milestones: [8, 11] },
    dropPath: 0.2,
    backbone: swinLarge,
  },
  'htc-plus-swin-tiny-12e': { ...twelveEpochs, backbone: swinTiny },
  'htc-plus-swin-tiny-72e': { ...seventyTwoEpochs, backbone: swinTiny },
  'htc-plus-swin-small-12e': { ...twelveEpochs, backbone: swinSmall },
  'htc-plus-swin-small-72e': { ...seventyTwoEpochs, backbone: swinSmall },
  'htc-plus-swin-base-12e': { ...twelveEpochs, backbone: swinBase },
  'htc-plus-swin-base-72e': { ...seventyTwoEpochs, backbone: swinBase },
  'htc-plus-swin-large-12e': { ...twelveEpochs, backbone: swinLarge },
  'htc-plus-swin-large-72e': { ...seventyTwoEpochs, backbone: swinLarge },
} as const satisfies Readonly<Record<string, NamedInstancesRecipe>>;
