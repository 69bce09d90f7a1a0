import type { BackboneOptions } from './build.js';

/** Side of the mask unit, in pixels: a patch of a plain ViT; in pyramids a token of the last stage but one. */
export function maskUnit(options: BackboneOptions): number {
  return options.kind === 'vit' ? options.patch : options.patch * 2 ** (options.depths.length - 2);
}
