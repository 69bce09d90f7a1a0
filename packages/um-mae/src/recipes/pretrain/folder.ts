/**
 * A recipe per model for a folder of photos, which `--model` takes: the published settings of
 * `published.ts` at a batch that a laptop holds. The learning rate follows the batch.
 */
import { type BackboneName, backbonePresets } from '../../backbones/families.js';
import type { PretrainRecipeInput } from './pretrain-recipe.js';

/**
 * Images of 64 pixels: minutes on two cores. Small enough that it takes, and needs, a higher rate.
 */
const micro = {
  decoder: { channels: 128, depth: 1, heads: 4 },
  image: { height: 64, width: 64 },
  learningRate: { peak: 1e-3 },
} as const;

/** MAE's own size of images; the patches of 14 pixels in vit-huge divide it too. */
const maeImages = { image: { height: 224, width: 224 } } as const;

/** Values that the recipes of some models set beside the backbone. */
const additions: Readonly<Partial<Record<BackboneName, Omit<PretrainRecipeInput, 'backbone'>>>> = {
  'swin-micro': micro,
  'swin-large': { decoder: { depth: 8 } },
  'pvt-micro': micro,
  'vit-small': maeImages,
  'vit-base': maeImages,
  'vit-large': maeImages,
  'vit-huge': maeImages,
};

/** The recipe of a model. */
export function folderRecipe(name: BackboneName): PretrainRecipeInput {
  return { backbone: backbonePresets[name], ...additions[name] };
}

/** The recipe of the smallest model, which the demo and tests start from. */
export const swinMicro = folderRecipe('swin-micro');
