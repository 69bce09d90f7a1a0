/**
 * The box head of two linear layers, and its losses.
 *
 * Source: Lin et al. 2017 (FPN), arXiv:1612.03144, section 4.2. Names are those of published
 * checkpoints; the last class is background.
 */
import { crossEntropy, type Generator, noGrad, type Tensor } from '@um-mae/torch';
import { Linear, Module } from '@um-mae/torch/nn';
import { smoothL1 } from '../losses/regression.js';

export interface BoxHeadOptions {
  /** Channels of the features of a region. */
  readonly inputs: number;
  /** Rows and columns of the features of a region. */
  readonly side: number;
  readonly classes: number;
  /** Whether background has deltas too, as in torchvision. Default false. */
  readonly movesBackground?: boolean;
  /** Default 1024. */
  readonly channels?: number;
  readonly generator: Generator;
}

/** Predictions for every region. */
export interface BoxPredictions {
  /** [regions, classes + 1] logits */
  readonly scores: Tensor;
  /** [regions, 4 * classes] */
  readonly deltas: Tensor;
}

/** Scores of every class, and deltas for each of them. */
export class BoxHead extends Module {
  readonly shared_fcs: readonly Linear[];
  readonly fc_cls: Linear;
  readonly fc_reg: Linear;

  constructor(options: BoxHeadOptions) {
    super();
    const { inputs, side, classes, channels = 1024, generator } = options;
    const output = (outputs: number, std: number) => {
      const layer = new Linear(channels, outputs, { generator });
      noGrad(() => layer.weight.normal_({ std, generator }));
      return layer;
    };
    this.shared_fcs = [
      new Linear(inputs * side * side, channels, { generator }),
      new Linear(channels, channels, { generator }),
    ];
    this.fc_cls = output(classes + 1, 0.01);
    this.fc_reg = output(4 * (options.movesBackground ? classes + 1 : classes), 0.001);
  }

  /** @param features [regions, inputs, side, side] */
  forward(features: Tensor): BoxPredictions {
    const mixed = this.shared_fcs.reduce(
      (x, layer) => layer.forward(x).relu(),
      features.flatten({ startDim: 1 }),
    );
    return { scores: this.fc_cls.forward(mixed), deltas: this.fc_reg.forward(mixed) };
  }
}

/** Losses of the regions of a batch, each a number. */
export interface BoxHeadLosses {
  readonly classification: Tensor;
  readonly boxes: Tensor;
}

/**
 * @param labels    [regions] i64: the classes, background among them
 * @param positives [positives] i64: places of the regions with objects
 * @param targets   [positives, 4]: deltas; `beta` is that of smooth L1, 0 for plain L1
 */
export function boxHeadLosses(
  { scores, deltas }: BoxPredictions,
  labels: Tensor,
  {
    positives,
    targets,
    beta = 0,
  }: { readonly positives: Tensor; readonly targets: Tensor; readonly beta?: number },
): BoxHeadLosses {
  const [count, width] = deltas.sizes(2);
  const own = deltas
    .view([count, width / 4, 4])
    .index([positives, labels.indexSelect(0, positives)]);
  return {
    classification: crossEntropy(scores, labels),
    boxes: smoothL1(own, targets, beta).sum().div(Math.max(count, 1)),
  };
}
