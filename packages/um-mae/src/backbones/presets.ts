/** Named backbones, as data. */
import type { SwinOptions } from './swin.js';

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

/** Backbones by the name that `--model` takes. */
export const backbonePresets = {
  'swin-micro': swinMicro,
  'swin-tiny': swinTiny,
  'swin-small': swinSmall,
  'swin-base': swinBase,
  'swin-large': swinLarge,
} as const satisfies Readonly<Record<string, SwinOptions>>;

export type BackboneName = keyof typeof backbonePresets;
