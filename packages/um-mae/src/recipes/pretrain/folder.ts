/**
 * A recipe per model for a folder of photos, which `--model` takes: the published settings of `imagenet.ts`
 * at a batch that a laptop holds. The learning rate follows the batch.
 */
import { backbonePresets } from '../../backbones/families.js';
import type { PretrainRecipeInput } from '../pretrain-recipe.js';

export const swinTiny = {
  backbone: backbonePresets['swin-tiny'],
} as const satisfies PretrainRecipeInput;

export const swinSmall = {
  backbone: backbonePresets['swin-small'],
} as const satisfies PretrainRecipeInput;

export const swinBase = {
  backbone: backbonePresets['swin-base'],
} as const satisfies PretrainRecipeInput;

export const swinLarge = {
  backbone: backbonePresets['swin-large'],
  decoder: { depth: 8 },
} as const satisfies PretrainRecipeInput;

/** Images of 64 pixels: minutes on two cores. Small enough that it takes, and needs, a higher rate. */
export const swinMicro = {
  backbone: backbonePresets['swin-micro'],
  decoder: { channels: 128, depth: 1, heads: 4 },
  image: { height: 64, width: 64 },
  learningRate: { peak: 1e-3 },
} as const satisfies PretrainRecipeInput;

/** As `swinMicro`. */
export const pvtMicro = {
  ...swinMicro,
  backbone: backbonePresets['pvt-micro'],
} as const satisfies PretrainRecipeInput;

export const pvtTiny = {
  backbone: backbonePresets['pvt-tiny'],
} as const satisfies PretrainRecipeInput;

export const pvtSmall = {
  backbone: backbonePresets['pvt-small'],
} as const satisfies PretrainRecipeInput;

export const pvtMedium = {
  backbone: backbonePresets['pvt-medium'],
} as const satisfies PretrainRecipeInput;

export const pvtLarge = {
  backbone: backbonePresets['pvt-large'],
} as const satisfies PretrainRecipeInput;

/** MAE's own size of images; its patches of 14 pixels in vit-huge divide it too. */
const vitImage = { height: 224, width: 224 } as const;

export const vitSmall = {
  backbone: backbonePresets['vit-small'],
  image: vitImage,
} as const satisfies PretrainRecipeInput;

export const vitBase = {
  backbone: backbonePresets['vit-base'],
  image: vitImage,
} as const satisfies PretrainRecipeInput;

export const vitLarge = {
  backbone: backbonePresets['vit-large'],
  image: vitImage,
} as const satisfies PretrainRecipeInput;

export const vitHuge = {
  backbone: backbonePresets['vit-huge'],
  image: vitImage,
} as const satisfies PretrainRecipeInput;
