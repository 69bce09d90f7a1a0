/**
 * Fine-tuning on 1,000 to 100,000 images, which is what `um-mae finetune` does unless it is told otherwise:
 * image size and network are those of the weights that it begins with.
 */
import type { NamedFinetuneRecipe } from './published.js';

export const smallData = {
  batchSize: 64,
  duration: { epochs: 50 },
  warmup: { share: 0.05 },
  // Few steps have to be large ones, beyond what the published base gives so small a batch.
  learningRate: { peak: 1e-3 },
  layerDecay: 0.85,
  // Crops of a small object have to keep it in sight.
  augmentation: { area: [0.35, 1], erasing: 0.25, mixup: 0.8, cutmix: 1, labelSmoothing: 0.1 },
} as const satisfies NamedFinetuneRecipe;
