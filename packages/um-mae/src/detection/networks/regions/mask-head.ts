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
import {
  batchMean,
  Conv2d,
  type Divisor,
  heNormalFanOut,
  Module,
  ownDivisor,
  TransposedConv2d,
} from '@um-mae/torch/nn';
import { NormedConv } from '../../../heads/normed-conv.js';

export interface MaskHeadOptions {
  /** Channels of the features of a region. */
  readonly inputs: number;
  readonly classes: number;
  /** Default 256. */
  readonly channels?: number;
  /** Convolutions before the mask is enlarged. Default 4. */
  readonly depth?: number;
  /**
   * Whether it takes what the head of an earlier stage made of the same features: Chen et al. 2019
   * (HTC), arXiv:1901.07518, section 3.2. Default false.
   */
  readonly takesEarlier?: boolean | undefined;
  readonly generator: Generator;
}

/** Logits of masks twice as high and wide as the features. */
export class MaskHead extends Module {
  readonly convs: readonly NormedConv[];
  readonly upsample: TransposedConv2d;
  readonly conv_logits: Conv2d;
  readonly conv_res: NormedConv | undefined;

  constructor(options: MaskHeadOptions) {
    super();
    const { inputs, classes, channels = 256, depth = 4, takesEarlier, generator } = options;
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
    this.conv_res = takesEarlier
      ? new NormedConv({ inputs: channels, channels: inputs, kernel: 1, norm: 'none', generator })
      : undefined;
  }

  /**
   * @param features [regions, inputs, side, side]
   * @param earlier  what `mixed` of the stage before gave, where this one takes it
   * @returns        [regions, classes, 2 side, 2 side]
   */
  forward(features: Tensor, earlier?: Tensor): Tensor {
    return this.logits(this.mixed(features, earlier));
  }

  /** Features after the convolutions, [regions, channels, side, side]. */
  mixed(features: Tensor, earlier?: Tensor): Tensor {
    const added = earlier && this.conv_res?.forward(earlier).relu();
    const joined = added ? features.add(added) : features;
    return this.convs.reduce((x, layer) => layer.forward(x).relu(), joined);
  }

  /** Masks of features that are mixed. */
  logits(mixed: Tensor): Tensor {
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

/** The masks to learn, and the mean that their loss is. */
export interface MaskGoals {
  /** [regions, rows, columns], 0 or 1 */
  readonly targets: Tensor;
  /** Divides sums over regions by their number. Default: by that of this batch. */
  readonly divisor?: Divisor | undefined;
}

/** The mean cross entropy of the masks of positives; 0 without any. */
export function maskLoss(
  logits: Tensor,
  labels: Tensor,
  { targets, divisor = ownDivisor }: MaskGoals,
): Tensor {
  const own =
    logits.elements === 0
      ? logits.sum()
      : binaryCrossEntropyWithLogits(masksOfClass(logits, labels), targets.to(logits.dtype));
  return batchMean(own, labels.elements, divisor);
}
