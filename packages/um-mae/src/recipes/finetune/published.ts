/**
 * Fine-tuning on ImageNet-1k as published, on one device: 1024 images a step, made of batches that
 * a device of 16 GB or more holds.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, section 4.1, and the published commands.
 */
import { backbonePresets } from '../../backbones/families.js';
import type { FinetuneRecipeInput } from './finetune-recipe.js';

/** A recipe without its initial weights and its data. */
export type NamedFinetuneRecipe = Partial<FinetuneRecipeInput>;

export interface PublishedFinetuneRecipe {
  readonly recipe: NamedFinetuneRecipe & {
    readonly backbone: FinetuneRecipeInput['backbone'];
    readonly image: { readonly height: number; readonly width: number };
    readonly batchSize: number;
    readonly accumulation: number;
  };
  /** The name of the model in the published code. */
  readonly publishedModel: string;
  /** Top-1 accuracy that UM-MAE reached so, in per cent. */
  readonly topOne: number;
}

const common = {
  batchSize: 128,
  accumulation: 8,
  duration: { epochs: 100 },
  warmup: { epochs: 5 },
  learningRate: { base: 5e-4 },
  minimumLearningRate: 1e-6,
  optimizer: { betas: [0.9, 0.999], weightDecay: 0.05 },
  augmentation: {
    randAugment: { operations: 2, magnitude: 9, magnitudeDeviation: 0.5, increasing: true },
    erasing: 0.25,
  },
  mixing: { mixup: 0.8, cutmix: 1, labelSmoothing: 0.1 },
  precision: 'bf16',
} as const satisfies NamedFinetuneRecipe;

const image = { height: 256, width: 256 } as const;

/** Recipes by the name that `--recipe` takes. */
export const publishedFinetuneRecipes = {
  'swin-tiny-finetune-100e': {
    recipe: {
      ...common,
      backbone: backbonePresets['swin-tiny'],
      image,
      layerDecay: 0.85,
      dropPath: 0.1,
    },
    publishedModel: 'swin_tiny_256',
    topOne: 82.04,
  },
  'pvt-small-finetune-100e': {
    recipe: {
      ...common,
      backbone: backbonePresets['pvt-small'],
      image,
      layerDecay: 0.85,
      dropPath: 0.1,
    },
    publishedModel: 'pvt_small_256',
    topOne: 79.31,
  },
  'swin-large-finetune-100e': {
    recipe: {
      ...common,
      backbone: backbonePresets['swin-large'],
      image,
      layerDecay: 0.7,
      dropPath: 0.2,
      batchSize: 32,
      accumulation: 32,
    },
    publishedModel: 'swin_large_256',
    topOne: 85.2,
  },
  'vit-base-finetune-100e': {
    recipe: {
      ...common,
      backbone: backbonePresets['vit-base'],
      image: { height: 224, width: 224 },
      layerDecay: 0.8,
      dropPath: 0.1,
    },
    publishedModel: 'vit_base_patch16',
    topOne: 82.88,
  },
} as const satisfies Readonly<Record<string, PublishedFinetuneRecipe>>;
