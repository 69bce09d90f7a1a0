/**
 * A backbone with a classification head: on the full image, from the mean of its tokens, from its
 * class token, or from the statistics of all its stages.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, fine-tuning; He et al. 2022 (MAE),
 * arXiv:2111.06377, appendix A.2. A head that reads all layers: Evci et al. 2022 (Head2Toe),
 * arXiv:2201.03529, section 3; there the layers are frozen.
 */
import { ok as assert } from 'node:assert';
import { cat, type Generator, noGrad, type Tensor } from '@um-mae/torch';
import { BatchNorm2d, LayerNorm, Linear, Module } from '@um-mae/torch/nn';
import { at } from '../at.js';
import type { Backbone, Encoded, ImageSize } from '../backbones/backbone.js';
import { buildBackbone } from '../backbones/build.js';
import { type BackboneOptions, shapeOf } from '../backbones/families.js';
import { checkImageSize } from '../backbones/image-size.js';
import { fullGrid } from '../backbones/parts/grid/patch-grid.js';
import { placeStatistics } from '../backbones/place-statistics.js';
import {
  defaultPooledStages,
  type HeadPooling,
  pooledChannels,
} from '../backbones/pooled-stages.js';
import { UmMaeError } from '../errors.js';

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
  /**
   * The norm of what the head reads; a class token has the backbone's own. Statistics of stages are
   * of different sizes, so a batch norm brings each number to the same, as in the linear probe of
   * MAE (appendix A.4).
   */
  readonly fc_norm: LayerNorm | BatchNorm2d | undefined;
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
    const { epsilon, width, channels } = this.encoder;
    const readsAll = headPooling === 'mean-and-deviation';
    const read = readsAll ? pooledChannels(defaultPooledStages(channels), channels) : width;
    if (readsAll) this.fc_norm = new BatchNorm2d(read);
    else this.fc_norm = finalNorm ? undefined : new LayerNorm(width, { epsilon });
    this.head = new Linear(read, classes, { generator });
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
    return this.head.forward(this.#pool(this.encoder.forward(grid)));
  }

  /** Returns what the head reads, [batch, channels]. */
  #pool({ maps, classToken }: Encoded): Tensor {
    const { fc_norm: norm } = this;
    if (!norm) {
      assert(classToken, 'only a backbone with a class token is pooled by it');
      return classToken.select(1, 0);
    }
    // The mean leaves the class token out: maps hold the tokens of patches only.
    if (norm instanceof LayerNorm) return norm.forward(at(maps, -1).mean([1, 2]));
    const statistics = maps.flatMap((map) =>
      placeStatistics(map.to(norm.weight.dtype), this.encoder.epsilon),
    );
    const places = cat(statistics, { dim: 1 }).unsqueeze(-1).unsqueeze(-1);
    return norm.forward(places).flatten({ startDim: 1 });
  }
}

function checkFits({ backbone, image, headPooling }: ClassifierOptions): void {
  const { hasClassToken, unit, unitsPerToken } = shapeOf(backbone);
  if (headPooling === 'class-token' && !hasClassToken) {
    throw new UmMaeError(
      'head',
      `Expected \`head.pooling\` mean or mean-and-deviation for ${backbone.kind}, which has no class token, but got class-token.`,
    );
  }
  const side = unit * unitsPerToken;
  checkImageSize(image, [side, side]);
}
