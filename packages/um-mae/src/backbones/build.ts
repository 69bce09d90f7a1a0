import type { Backbone, BackboneParts, ImageSize } from './backbone.js';
import { Pvt, type PvtOptions } from './pvt/pvt.js';
import { Swin, type SwinOptions } from './swin/swin.js';
import { Vit, type VitOptions } from './vit/vit.js';

/** Every kind of backbone, as data. */
export type BackboneOptions = SwinOptions | PvtOptions | VitOptions;

/** Builds a backbone for images of one size; those with stored positions take no other. */
export function buildBackbone(
  options: BackboneOptions,
  image: ImageSize,
  parts: BackboneParts,
): Backbone {
  switch (options.kind) {
    case 'swin':
      return new Swin(options, parts);
    case 'pvt':
      return new Pvt(options, image, parts);
    case 'vit':
      return new Vit(options, image, parts);
  }
}

/** Units that one token of the last stage stands for, along each side. */
export function unitsPerToken({ kind }: BackboneOptions): number {
  return kind === 'vit' ? 1 : 2;
}

/** Channels of the tokens that the patch embedding makes. */
export function tokenChannels({ channels }: BackboneOptions): number {
  return [channels].flat()[0] ?? 0;
}
