/**
 * The semantic branch of HTC: the class of every pixel, things and stuff, from all levels; what it
 * knows is added to the features of regions.
 *
 * Source: Chen et al. 2019 (HTC), arXiv:1901.07518, section 3.3. Names are those of published
 * checkpoints.
 */
import { crossEntropy, fullLike, type Generator, stack, type Tensor } from '@um-mae/torch';
import { Conv2d, Module, ownDivisor, reductions } from '@um-mae/torch/nn';
import { at } from '../../../at.js';
import { NormedConv } from '../../../heads/normed-conv.js';
import { resizeMap } from '../../../heads/segmentation/resize-map.js';

export interface SemanticHeadOptions {
  /** Channels of the levels, and of all convolutions. */
  readonly channels: number;
  readonly levels: number;
  /** Classes of pixels. */
  readonly classes: number;
  /** Convolutions of the joined levels. Default 4. */
  readonly depth?: number | undefined;
  readonly generator: Generator;
}

/** Predictions at the places of the second level. */
export interface SemanticPredictions {
  /** [batch, classes, rows, columns] */
  readonly logits: Tensor;
  /** [batch, channels, rows, columns]: what is added to the features of regions */
  readonly embedding: Tensor;
}

/** The level, counted from the finest, whose places the others are resized to. */
export const semanticLevel = 1;

/** The label of pixels that nothing is learnt from. */
export const unlabelled = 255;

/** The share of the loss in the sum that is learnt. */
const weight = 0.2;

/** Classes of pixels, from all levels of a pyramid. */
export class SemanticHead extends Module {
  readonly lateral_convs: readonly NormedConv[];
  readonly convs: readonly NormedConv[];
  readonly conv_embedding: NormedConv;
  readonly conv_logits: Conv2d;

  constructor({ channels, levels, classes, depth = 4, generator }: SemanticHeadOptions) {
    super();
    const conv = (kernel: 1 | 3) =>
      new NormedConv({ inputs: channels, channels, kernel, norm: 'none', generator });
    this.lateral_convs = Array.from({ length: levels }, () => conv(1));
    this.convs = Array.from({ length: depth }, () => conv(3));
    this.conv_embedding = conv(1);
    this.conv_logits = new Conv2d(channels, classes, { kernel: 1, generator });
  }

  /** @param levels [batch, channels, height, width] each, from the finest to the coarsest */
  forward(levels: readonly Tensor[]): SemanticPredictions {
    const [, , rows, columns] = at(levels, semanticLevel).sizes(4);
    const joined = this.lateral_convs
      .map((conv, i) => conv.forward(resizeMap(at(levels, i), [rows, columns], true)).relu())
      .reduce((sum, map) => sum.add(map));
    const mixed = this.convs.reduce((x, conv) => conv.forward(x).relu(), joined);
    return {
      logits: this.conv_logits.forward(mixed),
      embedding: this.conv_embedding.forward(mixed).relu(),
    };
  }
}

/**
 * The cross entropy of all places, weighted; those without a label count as 0 in the mean, as
 * published.
 *
 * @param logits  [batch, classes, rows, columns]
 * @param maps    i64 of each image, with as many places as its own padding has, or more
 * @param divisor divides the sum over places by their number; default: by that of this batch
 */
export function semanticLoss(
  logits: Tensor,
  maps: readonly Tensor[],
  divisor = ownDivisor,
): Tensor {
  const labels = stack(maps.map((own, i) => inBatch(own, logits.select(0, i).select(0, 0))));
  const options = { ignoreIndex: unlabelled, reduction: reductions.sum };
  return crossEntropy(logits, labels, options).div(divisor.ofNumber(labels.elements)).mul(weight);
}

/** The classes of an image's places in the padding of its batch, which has no labels. */
function inBatch(own: Tensor, like: Tensor): Tensor {
  const [rows, columns] = own.sizes(2);
  const all = fullLike(like.detach().to('i64'), unlabelled);
  all.narrow(0, 0, rows).narrow(1, 0, columns).copy_(own);
  return all;
}
