/**
 * The mask head: a small mask of every class for a region.
 *
 * Source: He et al. 2017 (Mask R-CNN), arXiv:1703.06870, section 3. Names are those of published
 * checkpoints.
 */
import {
  arange,
  binaryCrossEntropyWithLogits,
  type Generator,
  noGrad,
  type Tensor,
} from '@um-mae/torch';
import { Conv2d, heNormalFanOut, Module, TransposedConv2d } from '@um-mae/torch/nn';
import { NormedConv } from '../../heads/normed-conv.js';

export interface MaskHeadOptions {
  /** Channels of the features of a region. */
  readonly inputs: number;
  readonly classes: number;
  /** Default 256. */
  readonly channels?: number;
  /** Convolutions before the mask is enlarged. Default 4. */
  readonly depth?: number;
  readonly generator: Generator;
}

/** Logits of masks twice as high and wide as the features. */
export class MaskHead extends Module {
  readonly convs: readonly NormedConv[];
  readonly upsample: TransposedConv2d;
  readonly conv_logits: Conv2d;

  constructor({ inputs, classes, channels = 256, depth = 4, generator }: MaskHeadOptions) {
    super();
    this.convs = Array.from({ length: depth }, (_, i) => {
      const width = i === 0 ? inputs : channels;
      return new NormedConv({ inputs: width, channels, kernel: 3, norm: 'none', generator });
    });
    this.upsample = new TransposedConv2d(channels, channels, { kernel: 2, generator });
    this.conv_logits = new Conv2d(channels, classes, { kernel: 1, generator });
    const { weight, bias } = this.upsample;
    noGrad(() => {
      weight.copy_(heNormalFanOut(weight.shape, { generator }));
      bias.zero_();
    });
  }

  /** @param features [regions, inputs, side, side] @returns [regions, classes, 2 side, 2 side] */
  forward(features: Tensor): Tensor {
    const mixed = this.convs.reduce((x, layer) => layer.forward(x).relu(), features);
    return this.conv_logits.forward(this.upsample.forward(mixed).relu());
  }
}

/**
 * The mask of each region's own class. @param labels [regions] i64 @returns [regions, rows,
 * columns]
 */
export function masksOfClass(logits: Tensor, labels: Tensor): Tensor {
  const [count] = logits.sizes(4);
  return logits.index([arange(0, count, { dtype: 'i64', device: logits.device }), labels]);
}

/** The mean cross entropy of the masks of positives; 0 without any. @param targets 0 or 1 */
export function maskLoss(logits: Tensor, labels: Tensor, targets: Tensor): Tensor {
  if (logits.elements === 0) return logits.sum();
  return binaryCrossEntropyWithLogits(masksOfClass(logits, labels), targets.to(logits.dtype));
}
