/** Backbones so small that tests can train them. */
import type { BackboneOptions } from '../build.js';
import { backbonePresets } from '../presets.js';

export const swin: BackboneOptions = {
  ...backbonePresets['swin-micro'],
  channels: 8,
  heads: [1, 1, 2, 2],
};

export const pvt: BackboneOptions = {
  ...backbonePresets['pvt-tiny'],
  channels: [8, 16, 24, 32],
  depths: [1, 1, 1, 2],
  heads: [1, 2, 3, 4],
  patch: 2,
};

export const vit: BackboneOptions = {
  kind: 'vit',
  channels: 16,
  depth: 2,
  heads: 2,
  patch: 8,
};
