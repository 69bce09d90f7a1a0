/** Backbones so small that tests can train them. */
import { backbonePresets } from '../families.js';
import type { PvtOptions } from '../pvt/family.js';
import type { SwinOptions } from '../swin/family.js';
import type { VitOptions } from '../vit/family.js';

/** A Swin with the depths of swin-micro. */
export const swin: SwinOptions = {
  ...backbonePresets['swin-micro'],
  channels: 8,
  heads: [1, 1, 2, 2],
};

/** A PVT of five blocks. */
export const pvt: PvtOptions = {
  ...backbonePresets['pvt-tiny'],
  channels: [8, 16, 24, 32],
  depths: [1, 1, 1, 2],
  heads: [1, 2, 3, 4],
  patch: 2,
};

/** A ViT of two blocks. */
export const vit: VitOptions = {
  ...backbonePresets['vit-base'],
  channels: 16,
  depth: 2,
  heads: 2,
  patch: 8,
};
