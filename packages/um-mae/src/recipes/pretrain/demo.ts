/** `um-mae demo`: swin-micro on rendered scenes, where three minutes on two cores have to be enough. */
import type { PretrainRecipeInput } from '../pretrain-recipe.js';
import { swinMicro } from './folder.js';

export const demoPretrain = {
  ...swinMicro,
  // Scenes are placed with care: crops keep most of one, and left stays left.
  augmentation: { area: [0.5, 1], flip: 0 },
  batchSize: 32,
  warmup: { share: 0.05 },
  checkpoints: { every: { steps: 1_000_000 } },
  logEvery: 20,
} as const satisfies PretrainRecipeInput;
