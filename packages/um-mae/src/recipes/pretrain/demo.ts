/**
 * `um-mae demo`: swin-micro on rendered scenes, where three minutes on two cores have to be enough.
 */

import { swinMicro } from './folder.js';
import type { PretrainRecipeInput } from './pretrain-recipe.js';

export const demoPretrain = {
  ...swinMicro,
  // Plain grounds and clear colours: pixels themselves teach shapes faster than pixels relative to
  // their unit.
  normPixels: false,
  // Arrangement is the point: crops keep most of a scene, and left stays left.
  augmentation: { area: [0.6, 1], aspect: [0.8, 1.25], flip: 0 },
  // So few images have to make many steps.
  batchSize: 16,
  duration: { epochs: 20 },
  warmup: { share: 0.05 },
  checkpoints: { every: { steps: 1_000_000 } },
  logEvery: 60,
} as const satisfies PretrainRecipeInput;
