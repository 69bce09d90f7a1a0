/**
 * Region proposals: how much every anchor looks like an object, and how to move it there.
 *
 * Source: Ren et al. 2015 (Faster R-CNN), arXiv:1506.01497, section 3.1. Names are those of
 * published checkpoints.
 */
import { type Generator, noGrad, type Tensor } from '@um-mae/torch';
import { Conv2d, Module } from '@um-mae/torch/nn';

export interface RpnHeadOptions {
  /** Channels of the levels. */
  readonly inputs: number;
  /** Channels that the head computes with. Default 256. */
  readonly channels?: number;
  /** Anchors of one place. */
  readonly ofPlace: number;
  readonly generator: Generator;
}

/** The predictions of each level, from the finest to the coarsest. */
export interface RpnPredictions {
  /** [batch, ofPlace, height, width] logits each */
  readonly scores: readonly Tensor[];
  /** [batch, ofPlace * 4, height, width] each */
  readonly deltas: readonly Tensor[];
}

/** One score and four deltas for every anchor. */
export class RpnHead extends Module {
  readonly rpn_conv: Conv2d;
  readonly rpn_cls: Conv2d;
  readonly rpn_reg: Conv2d;

  constructor({ inputs, channels = 256, ofPlace, generator }: RpnHeadOptions) {
    super();
    const conv = (width: number, outputs: number, kernel: number) => {
      const padding = (kernel - 1) / 2;
      const layer = new Conv2d(width, outputs, { kernel, padding, generator });
      noGrad(() => layer.weight.normal_({ std: 0.01, generator }));
      return layer;
    };
    this.rpn_conv = conv(inputs, channels, 3);
    this.rpn_cls = conv(channels, ofPlace, 1);
    this.rpn_reg = conv(channels, 4 * ofPlace, 1);
  }

  /** @param levels [batch, inputs, height, width] each */
  forward(levels: readonly Tensor[]): RpnPredictions {
    const mixed = levels.map((level) => this.rpn_conv.forward(level).relu());
    return {
      scores: mixed.map((x) => this.rpn_cls.forward(x)),
      deltas: mixed.map((x) => this.rpn_reg.forward(x)),
    };
  }
}
