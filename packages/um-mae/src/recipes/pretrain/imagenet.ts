/**
 * UM-MAE on ImageNet-1k as published, at 4096 images a step on one device.
 *
 * Source: Li et al. 2022, arXiv:2205.10063, section 4, and the published commands.
 */
import type { PretrainRecipeInput } from '../pretrain-recipe.js';
import * as folder from './folder.js';

/** Swin-T, 82.04 % top-1 after fine-tuning. Run: um-mae pretrain --recipe swin-tiny-imagenet --data ... */
export const swinTinyImagenet = {
  ...folder.swinTiny,
  batchSize: 128,
  accumulation: 32,
  duration: { epochs: 200 },
  warmup: { epochs: 10 },
  precision: 'bf16',
} as const satisfies PretrainRecipeInput;

/** Swin-L, 85.2 % top-1 after fine-tuning. Run: um-mae pretrain --recipe swin-large-imagenet --data ... */
export const swinLargeImagenet = {
  ...folder.swinLarge,
  batchSize: 64,
  accumulation: 64,
  duration: { epochs: 800 },
  warmup: { epochs: 40 },
  precision: 'bf16',
} as const satisfies PretrainRecipeInput;
