/**
 * A backbone with a classification head: on the full image, from the mean of its tokens or from its
 * class token.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, fine-tuning; He et al. 2022 (MAE),
 * arXiv:2111.06377, appendix A.2.
 */
import { ok as assert } from 'node:assert';
import { type Generator, noGrad, type Tensor } from '@um-mae/torch';
import { LayerNorm, Linear, Module } from '@um-mae/torch/nn';
import { at } from '../at.js';
import type { Backbone, ImageSize } from '../backbones/backbone.js';
import { buildBackbone } from '../backbones/build.js';
import { type BackboneOptions, shapeOf } from '../backbones/families.js';
import { checkImageSize } from '../backbones/image-size.js';
import { fullGrid } from '../backbones/parts/patch-grid.js';
import { UmMaeError } from '../errors.js';

/**
 * The input of the head: the mean over the tokens of the image, or the class token, which only a
 * ViT has.
 */
export type HeadPooling = 'mean' | 'class-token';

export interface ClassifierOptions {
  readonly backbone: BackboneOptions;
  readonly image: ImageSize;
  readonly headPooling: HeadPooling;
  readonly classes: number;
}

/**
 * Small enough that first logits are nearly equal; the published truncation, at 2, is never
 * reached.
 */
const headDeviation = 2e-5;

export class Classifier extends Module {
  /** Published checkpoints name its tensors without a prefix. */
  readonly encoder: Backbone;
  /** The norm of the mean of the tokens; a class token comes from the backbone's own norm. */
  readonly fc_norm: LayerNorm | undefined;
  readonly head: Linear;

  /** @throws UmMaeError when the image size or the pooling does not fit the backbone */
  constructor(
    readonly options: ClassifierOptions,
    { generator }: { readonly generator: Generator },
  ) {
    super();
    const { backbone, image, headPooling, classes } = options;
    checkFits(options);
    const finalNorm = headPooling === 'class-token';
    this.encoder = buildBackbone(backbone, image, {
      generator,
      finalNorm,
      trainedPositions: true,
    });
    const { epsilon, width } = this.encoder;
    this.fc_norm = finalNorm ? undefined : new LayerNorm(width, { epsilon });
    this.head = new Linear(width, classes, { generator });
    noGrad(() => this.head.weight.normal_({ std: headDeviation, generator }));
  }

  override *children(): ReturnType<Module['children']> {
    for (const [name, child] of super.children()) yield [child === this.encoder ? '' : name, child];
  }

  /**
   * Computes the logits of whole images. They may be of another size than in training that the
   * strides divide: stored positions are resized.
   *
   * @param images f32 [batch, 3, height, width], normalised
   * @returns logits, [batch, classes]
   */
  forward(images: Tensor): Tensor {
    const grid = fullGrid(images, this.encoder.patch);
    const { maps, classToken } = this.encoder.forward(grid);
    const map = at(maps, -1);
    // The mean leaves the class token out: maps hold the tokens of patches only.
    const pooled = this.fc_norm ? this.fc_norm.forward(map.mean([1, 2])) : classToken?.select(1, 0);
    assert(pooled, 'only a backbone with a class token is pooled by it');
    return this.head.forward(pooled);
  }
}

function checkFits({ backbone, image, headPooling }: ClassifierOptions): void {
  const { hasClassToken, unit, unitsPerToken } = shapeOf(backbone);
  if (headPooling === 'class-token' && !hasClassToken) {
    throw new UmMaeError(
      'head',
      `Expected \`head.pooling\` mean for ${backbone.kind}, which has no class token, but got class-token.`,
    );
  }
  const side = unit * unitsPerToken;
  checkImageSize(image, [side, side]);
}
