/** The network of each family, apart from `families.ts` because it needs libtorch. */
import type { Backbone, BackboneParts, ImageSize } from './backbone.js';
import type { BackboneOptions } from './families.js';
import { Pvt } from './pvt/pvt.js';
import { Swin } from './swin/swin.js';
import { Vit } from './vit/vit.js';

/** Builds a backbone; where it stores positions, they are those of images of this size. */
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
