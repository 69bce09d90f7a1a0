/**
 * Fine-tuning on 1,000 to 100,000 images: image size and network are those of the initial weights.
 * What was tried is in docs/small-data.md.
 */
import type { NamedFinetuneRecipe } from './published.js';

const common = {
  batchSize: 64,
  warmup: { share: 0.05 },
  // Few steps have to be large ones, beyond what the published base gives so small a batch.
  learningRate: { peak: 1e-3 },
  layerDecay: 0.85,
  head: { pooling: 'mean-and-deviation' },
} as const satisfies NamedFinetuneRecipe;

// Crops of a small object have to keep it in sight.
const area = [0.35, 1] as const;

/**
 * The default recipe of `um-mae finetune`: crops and mirroring only, which is best for some hundred
 * steps.
 */
export const smallData = {
  ...common,
  duration: { epochs: 20 },
  augmentation: { area, randAugment: { operations: 0 }, erasing: 0 },
  mixing: { mixup: 0, cutmix: 0, labelSmoothing: 0.1 },
} as const satisfies NamedFinetuneRecipe;

/**
 * Adds the published augmentation, for thousands of steps, in which the network would learn its
 * images by heart.
 */
export const smallDataLong = {
  ...common,
  duration: { epochs: 100 },
  augmentation: { area, erasing: 0.25 },
  mixing: { mixup: 0.8, cutmix: 1, labelSmoothing: 0.1 },
} as const satisfies NamedFinetuneRecipe;
