/**
 * The box head: linear layers, with convolutions before them in some recipes, and its losses.
 *
 * Source: Lin et al. 2017 (FPN), arXiv:1612.03144, section 4.2; Wu and He 2018 (Group
 * Normalization), arXiv:1803.08494, section 4.2, for convolutions. Names are those of published
 * checkpoints; the last class is background.
 */
import { crossEntropy, type Generator, noGrad, type Tensor } from '@um-mae/torch';
import { type Divisor, Linear, Module, ownDivisor, reductions } from '@um-mae/torch/nn';
import { type MapNorm, NormedConv } from '../../../heads/normed-conv.js';
import { classRows } from '../../boxes/class-rows.js';

export interface BoxHeadOptions {
  /** Channels of the features of a region. */
  readonly inputs: number;
  /** Rows and columns of the features of a region. */
  readonly side: number;
  readonly classes: number;
  /** Whether background has deltas too, as in torchvision. Default false. */
  readonly movesBackground?: boolean;
  /** Whether one box is told for all classes, not one for each. Default false. */
  readonly sharesBoxes?: boolean | undefined;
  /** Channels of linear layers. Default 1024. */
  readonly channels?: number;
  /** Layers before the answers. Default two linear ones. */
  readonly layers?: BoxHeadLayers | undefined;
  readonly generator: Generator;
}

/** Layers of a box head before its answers. */
export interface BoxHeadLayers {
  /** Convolutions, as wide as the features, each with a norm. */
  readonly convolutions: number;
  readonly linear: number;
  /** The norm of convolutions. */
  readonly norm: MapNorm;
}

const twoLinear: BoxHeadLayers = { convolutions: 0, linear: 2, norm: 'batch' };

/** Predictions for every region. */
export interface BoxPredictions {
  /** [regions, classes + 1] logits */
  readonly scores: Tensor;
  /** [regions, 4 * classes], or [regions, 4] for all classes */
  readonly deltas: Tensor;
}

/** Scores of every class, and deltas for each of them or for all. */
export class BoxHead extends Module {
  readonly shared_convs: readonly NormedConv[];
  readonly shared_fcs: readonly Linear[];
  readonly fc_cls: Linear;
  readonly fc_reg: Linear;

  constructor(options: BoxHeadOptions) {
    super();
    const { inputs, side, classes, channels = 1024, layers = twoLinear, generator } = options;
    const output = (outputs: number, std: number) => {
      const layer = new Linear(channels, outputs, { generator });
      noGrad(() => layer.weight.normal_({ std, generator }));
      return layer;
    };
    this.shared_convs = Array.from({ length: layers.convolutions }, () => {
      const { norm } = layers;
      return new NormedConv({ inputs, channels: inputs, kernel: 3, norm, generator });
    });
    this.shared_fcs = Array.from({ length: layers.linear }, (_, i) => {
      return new Linear(i === 0 ? inputs * side * side : channels, channels, { generator });
    });
    const moved = options.movesBackground ? classes + 1 : classes;
    this.fc_cls = output(classes + 1, 0.01);
    this.fc_reg = output(options.sharesBoxes ? 4 : 4 * moved, 0.001);
  }

  /** @param features [regions, inputs, side, side] */
  forward(features: Tensor): BoxPredictions {
    const maps = this.shared_convs.reduce((x, layer) => layer.forward(x).relu(), features);
    const mixed = this.shared_fcs.reduce(
      (x, layer) => layer.forward(x).relu(),
      maps.flatten({ startDim: 1 }),
    );
    return { scores: this.fc_cls.forward(mixed), deltas: this.fc_reg.forward(mixed) };
  }
}

/** Losses of the regions of a batch, each a number. */
export interface BoxHeadLosses {
  readonly classification: Tensor;
  readonly boxes: Tensor;
}

/** The regions with objects, and what their boxes cost. */
export interface BoxLossRule {
  /** [positives] i64: places of the regions with objects */
  readonly positives: Tensor;
  /** @param deltas [positives, 4], those of their classes @returns summed over all elements */
  lossOf(deltas: Tensor): Tensor;
  /** Divides sums over regions by their number. Default: by that of this batch. */
  readonly divisor?: Divisor | undefined;
}

/** @param labels [regions] i64: the classes, background among them */
export function boxHeadLosses(
  { scores, deltas }: BoxPredictions,
  labels: Tensor,
  { positives, lossOf, divisor = ownDivisor }: BoxLossRule,
): BoxHeadLosses {
  const [count] = deltas.sizes(2);
  const own = classRows(deltas, positives, labels.indexSelect(0, positives));
  const whole = divisor.ofNumber(count);
  const entropy =
    divisor === ownDivisor
      ? crossEntropy(scores, labels)
      : crossEntropy(scores, labels, { reduction: reductions.sum }).div(whole);
  return { classification: entropy, boxes: lossOf(own).sum().div(whole) };
}
