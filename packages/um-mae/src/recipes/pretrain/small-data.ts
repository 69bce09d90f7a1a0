/** The recipe of pre-training for sets of 1,000 to 100,000 small images, and runs of minutes. */
import { swinMicro } from './folder.js';
import type { PretrainRecipeInput } from './pretrain-recipe.js';

/**
 * Uniform masking that hides no visible unit, a decoder that reads all stages, and twice the rate
 * of swin-micro: chosen at equal processor time (docs/decisions/0008-objectives.md).
 */
export const smallDataPretrain = {
  ...swinMicro,
  masking: { kind: 'uniform', secondaryRatio: 0 },
  decoder: { ...swinMicro.decoder, stages: 'all' },
  batchSize: 64,
  learningRate: { peak: 2e-3 },
  duration: { epochs: 20 },
} satisfies PretrainRecipeInput;
