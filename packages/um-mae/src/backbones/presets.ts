/** Named backbones, as data. */
import type { BackboneOptions } from './build.js';
import type { PvtOptions } from './pvt/pvt.js';
import type { SwinOptions } from './swin/swin.js';
import type { VitOptions } from './vit/vit.js';

/** Liu et al. 2021, arXiv:2103.14030, section 3.3; window of UM-MAE on the compact grid. */
const swinTiny = {
  kind: 'swin',
  channels: 96,
  depths: [2, 2, 6, 2],
  heads: [3, 6, 12, 24],
  window: 8,
  positionChannels: 32,
  patch: 4,
} as const satisfies SwinOptions;

const swinSmall = { ...swinTiny, depths: [2, 2, 18, 2] } as const satisfies SwinOptions;

const swinBase = {
  ...swinSmall,
  channels: 128,
  heads: [4, 8, 16, 32],
} as const satisfies SwinOptions;

const swinLarge = {
  ...swinSmall,
  channels: 192,
  heads: [6, 12, 24, 48],
  positionChannels: 64,
} as const satisfies SwinOptions;

/** For tests, the demo, and images of 64 pixels: minutes on two cores. */
const swinMicro = {
  ...swinTiny,
  channels: 32,
  depths: [1, 1, 2, 1],
  heads: [1, 2, 4, 8],
  window: 4,
  positionChannels: 16,
  patch: 2,
} as const satisfies SwinOptions;

/** Wang et al. 2021, arXiv:2102.12122, table 1. */
const pvtSmall = {
  kind: 'pvt',
  channels: [64, 128, 320, 512],
  depths: [3, 4, 6, 3],
  heads: [1, 2, 5, 8],
  mlpRatios: [8, 8, 4, 4],
  reductions: [8, 4, 2, 1],
  patch: 4,
} as const satisfies PvtOptions;

/** As wide and deep as swin-micro, for images of 64 pixels. */
const pvtMicro = {
  ...pvtSmall,
  channels: [32, 64, 128, 256],
  depths: [1, 1, 2, 1],
  heads: [1, 2, 4, 8],
  patch: 2,
} as const satisfies PvtOptions;

const pvtTiny = { ...pvtSmall, depths: [2, 2, 2, 2] } as const satisfies PvtOptions;
const pvtMedium = { ...pvtSmall, depths: [3, 4, 18, 3] } as const satisfies PvtOptions;
const pvtLarge = { ...pvtSmall, depths: [3, 8, 27, 3] } as const satisfies PvtOptions;

/** Dosovitskiy et al. 2021, arXiv:2010.11929, table 1; Small as in DeiT, arXiv:2012.12877. */
const vitBase = {
  kind: 'vit',
  channels: 768,
  depth: 12,
  heads: 12,
  patch: 16,
} as const satisfies VitOptions;

const vitSmall = { ...vitBase, channels: 384, heads: 6 } as const satisfies VitOptions;
const vitLarge = { ...vitBase, channels: 1024, depth: 24, heads: 16 } as const satisfies VitOptions;
const vitHuge = {
  ...vitLarge,
  channels: 1280,
  depth: 32,
  patch: 14,
} as const satisfies VitOptions;

/** Backbones by the name that `--model` takes. */
export const backbonePresets = {
  'swin-micro': swinMicro,
  'swin-tiny': swinTiny,
  'swin-small': swinSmall,
  'swin-base': swinBase,
  'swin-large': swinLarge,
  'pvt-micro': pvtMicro,
  'pvt-tiny': pvtTiny,
  'pvt-small': pvtSmall,
  'pvt-medium': pvtMedium,
  'pvt-large': pvtLarge,
  'vit-small': vitSmall,
  'vit-base': vitBase,
  'vit-large': vitLarge,
  'vit-huge': vitHuge,
} as const satisfies Readonly<Record<string, BackboneOptions>>;

export type BackboneName = keyof typeof backbonePresets;
