/**
 * Pre-training on ImageNet-1k as published, one recipe per published result, on one device: 4096
 * images a step, made of batches that a device of 16 GB or more holds.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, tables 2, 4 and 5, and the published commands.
 */

import { folderRecipe } from './folder.js';
import { methodRecipes } from './methods.js';
import type { PretrainRecipeInput } from './pretrain-recipe.js';

/** A published recipe with the results of its run. */
export interface PublishedRecipe {
  readonly recipe: PretrainRecipeInput & {
    readonly batchSize: number;
    readonly accumulation: number;
  };
  /** Top-1 accuracy on ImageNet-1k after fine-tuning, in per cent. */
  readonly topOne: number;
  /** The hours of pre-training on eight GPUs, where they are published. */
  readonly hours?: number;
}

const common = {
  learningRate: { base: 1.5e-4 },
  precision: 'bf16',
} as const satisfies Partial<PretrainRecipeInput>;

const batches = {
  of128: { batchSize: 128, accumulation: 32 },
  of64: { batchSize: 64, accumulation: 64 },
} as const;

const twoHundred = { duration: { epochs: 200 }, warmup: { epochs: 10 } } as const;
const eightHundred = { duration: { epochs: 800 }, warmup: { epochs: 40 } } as const;

/** UM-MAE's ViT experiments have a decoder of two blocks with either masking. */
const shallow = { decoder: { depth: 2 } } as const;

/** Recipes by the name that `--recipe` takes. */
export const publishedRecipes = {
  'vit-base-mae-200e': {
    recipe: {
      ...folderRecipe('vit-base'),
      ...methodRecipes.mae,
      ...shallow,
      ...common,
      ...batches.of128,
      ...twoHundred,
    },
    topOne: 82.88,
  },
  'vit-base-um-200e': {
    recipe: {
      ...folderRecipe('vit-base'),
      ...methodRecipes['um-mae'],
      ...shallow,
      ...common,
      ...batches.of128,
      ...twoHundred,
    },
    topOne: 82.88,
  },
  'pvt-small-simmim-200e': {
    recipe: {
      ...folderRecipe('pvt-small'),
      ...methodRecipes.simmim,
      ...common,
      ...batches.of64,
      ...twoHundred,
    },
    topOne: 79.28,
    hours: 38,
  },
  'pvt-small-um-200e': {
    recipe: {
      ...folderRecipe('pvt-small'),
      ...methodRecipes['um-mae'],
      ...common,
      ...batches.of128,
      ...twoHundred,
    },
    topOne: 79.31,
    hours: 21.3,
  },
  'swin-tiny-simmim-200e': {
    recipe: {
      ...folderRecipe('swin-tiny'),
      ...methodRecipes.simmim,
      ...common,
      ...batches.of64,
      ...twoHundred,
    },
    topOne: 82.2,
    hours: 49.3,
  },
  'swin-tiny-um-200e': {
    recipe: {
      ...folderRecipe('swin-tiny'),
      ...methodRecipes['um-mae'],
      ...common,
      ...batches.of128,
      ...twoHundred,
    },
    topOne: 82.04,
    hours: 25,
  },
  'swin-large-simmim-800e': {
    recipe: {
      ...folderRecipe('swin-large'),
      ...methodRecipes.simmim,
      ...common,
      ...batches.of64,
      ...eightHundred,
    },
    topOne: 85.4,
  },
  'swin-large-um-800e': {
    recipe: {
      ...folderRecipe('swin-large'),
      ...methodRecipes['um-mae'],
      ...common,
      ...batches.of64,
      ...eightHundred,
    },
    topOne: 85.2,
  },
} as const satisfies Readonly<Record<string, PublishedRecipe>>;

export type PublishedName = keyof typeof publishedRecipes;
