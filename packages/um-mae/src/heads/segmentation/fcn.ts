/**
 * A small head on one map, which helps the backbone to learn and is not used afterwards.
 *
 * Source: Long et al. 2015 (FCN), arXiv:1411.4038; as an auxiliary loss Zhao et al. 2017 (PSPNet),
 * arXiv:1612.01105, section 3.3.
 */
import type { Tensor } from '@um-mae/torch';
import { type Conv2d, DropChannels, Module } from '@um-mae/torch/nn';
import { ConvBlock } from './conv-block.js';
import { classLayer, type MapHeadOptions } from './upernet.js';

/** The sizes of the auxiliary head. */
export interface FcnOptions extends Omit<MapHeadOptions, 'alignCorners'> {
  /** Channels of the map. */
  readonly inputs: number;
}

/** Predicts the class of every place of one map. */
export class Fcn extends Module {
  readonly conv_seg: Conv2d;
  readonly convs: readonly ConvBlock[];
  readonly dropout: DropChannels;

  constructor(options: FcnOptions) {
    super();
    const { inputs, channels, norm, generator } = options;
    this.conv_seg = classLayer(options);
    this.convs = [new ConvBlock({ inputs, channels, kernel: 3, norm, generator })];
    this.dropout = new DropChannels(options.dropout, { generator });
  }

  /** @param map [batch, inputs, height, width]  @returns logits, [batch, classes, height, width] */
  forward(map: Tensor): Tensor {
    const mixed = this.convs.reduce((x, conv) => conv.forward(x), map);
    return this.conv_seg.forward(this.dropout.forward(mixed));
  }
}
