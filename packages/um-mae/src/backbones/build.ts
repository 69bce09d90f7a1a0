/** The network of each family, apart from `families.ts` because it needs libtorch. */
import { UmMaeError } from '../errors.js';
import type { Backbone, BackboneParts, ImageSize } from './backbone.js';
import type { BackboneOptions } from './families.js';
import type { OwnBackbone, OwnOptions } from './own.js';
import { Pvt } from './pvt/pvt.js';
import { Swin } from './swin/swin.js';
import { Vit } from './vit/vit.js';

/** Constructor arguments of backbones, and the one that another program brings. */
export interface BuildParts extends BackboneParts {
  /** The backbone that options of the kind `own` name. */
  readonly own?: OwnBackbone | undefined;
}

/**
 * Builds a backbone; where it stores positions, they are those of images of this size.
 *
 * @throws UmMaeError when it is one of another program, and `own` is not
 *
 * @example
 * ```ts
 * import { Generator } from '@um-mae/torch';
 * import { backbonePresets, buildBackbone } from 'um-mae';
 *
 * const backbone = buildBackbone(
 *   backbonePresets['swin-micro'],
 *   { height: 64, width: 64 },
 *   { generator: new Generator(1) },
 * );
 * console.log(backbone.channels, backbone.strides);
 * ```
 */
export function buildBackbone(
  options: BackboneOptions,
  image: ImageSize,
  parts: BuildParts,
): Backbone {
  switch (options.kind) {
    case 'swin':
      return new Swin(options, parts);
    case 'pvt':
      return new Pvt(options, image, parts);
    case 'vit':
      return new Vit(options, image, parts);
    case 'own':
      return buildOwn(options, image, parts);
  }
}

function buildOwn({ name }: OwnOptions, image: ImageSize, { own, ...parts }: BuildParts): Backbone {
  if (own?.name === name) return own.build(image, parts);
  const got = own ? own.name : 'none';
  throw new UmMaeError(
    'backbone',
    `Expected the backbone ${name} of another program but got ${got}.\nRun the program that has it: \`pretrain\` and \`load\` take it as \`backbone\`.`,
  );
}
