/**
 * UPerNet: a pyramid of pools over the coarsest map, whose sum goes down through all finer ones;
 * all are fused at the finest.
 *
 * Source: Xiao et al. 2018 (UPerNet), arXiv:1807.10221, section 3.1; pools of Zhao et al. 2017
 * (PSPNet), arXiv:1612.01105. Names are those of published checkpoints.
 */
import { adaptiveAvgPool2d, cat, type Generator, noGrad, type Tensor } from '@um-mae/torch';
import { Conv2d, DropChannels, Module, Sequential } from '@um-mae/torch/nn';
import { at } from '../../at.js';
import type { MapNorm } from '../normed-conv.js';
import { ConvBlock } from './conv-block.js';
import { resizeMap } from './resize-map.js';

/** The sizes of a head that tells the class of every place of a map. */
export interface MapHeadOptions {
  /** Channels that the head computes with. */
  readonly channels: number;
  readonly classes: number;
  /** Probability of dropping a channel of an image in training. */
  readonly dropout: number;
  readonly norm: MapNorm;
  /** The rule by which maps and logits are resized; see `resizeMap`. */
  readonly alignCorners: boolean;
  readonly generator: Generator;
}

/** The sizes of UPerNet. */
export interface UperNetOptions extends MapHeadOptions {
  /** Channels of the maps, from the finest to the coarsest. */
  readonly inputs: readonly number[];
  /** Squares that the coarsest map is pooled to, along each side. */
  readonly pools: readonly number[];
}

/** Predicts the class of every place of the finest map. */
export class UperNet extends Module {
  readonly conv_seg: Conv2d;
  readonly psp_modules: readonly PoolBranch[];
  readonly bottleneck: ConvBlock;
  readonly lateral_convs: readonly ConvBlock[];
  readonly fpn_convs: readonly ConvBlock[];
  readonly fpn_bottleneck: ConvBlock;
  readonly dropout: DropChannels;
  readonly alignCorners: boolean;

  constructor(options: UperNetOptions) {
    super();
    const { inputs, channels, norm, pools, generator } = options;
    const block = (inputs: number, kernel: 1 | 3) =>
      new ConvBlock({ inputs, channels, kernel, norm, generator });
    const finer = inputs.slice(0, -1);
    const coarsest = at(inputs, -1);
    this.conv_seg = classLayer(options);
    this.psp_modules = pools.map((side) => new PoolBranch(new MapPool(side), block(coarsest, 1)));
    this.bottleneck = block(coarsest + pools.length * channels, 3);
    this.lateral_convs = finer.map((width) => block(width, 1));
    this.fpn_convs = finer.map(() => block(channels, 3));
    this.fpn_bottleneck = block(inputs.length * channels, 3);
    this.dropout = new DropChannels(options.dropout, { generator });
    this.alignCorners = options.alignCorners;
  }

  /**
   * @param maps [batch, inputs, height, width] each, from the finest to the coarsest
   * @returns logits of the finest map, [batch, classes, height, width]
   */
  forward(maps: readonly Tensor[]): Tensor {
    const laterals = [...this.lateral_convs].map((conv, i) => conv.forward(at(maps, i)));
    const top = this.#pooled(at(maps, -1));
    const summed = this.#addFromAbove(laterals, top);
    const levels = [...summed.map((map, i) => at(this.fpn_convs, i).forward(map)), top];
    const [finest, ...coarser] = levels.map((level) => this.#like(at(levels, 0), level));
    const fused = this.fpn_bottleneck.forward(cat([finest ?? top, ...coarser], { dim: 1 }));
    return this.conv_seg.forward(this.dropout.forward(fused));
  }

  /** The coarsest map with what its pools show. */
  #pooled(map: Tensor): Tensor {
    const pools = this.psp_modules.map((branch) => this.#like(map, branch.forward(map)));
    return this.bottleneck.forward(cat([map, ...pools], { dim: 1 }));
  }

  /** Each map with all coarser ones added, from the finest to the coarsest. */
  #addFromAbove(laterals: readonly Tensor[], top: Tensor): Tensor[] {
    let above = top;
    const summed = [...laterals].reverse().map((lateral) => {
      above = lateral.add(this.#like(lateral, above));
      return above;
    });
    return summed.reverse();
  }

  #like({ shape }: Tensor, x: Tensor): Tensor {
    return resizeMap(x, [at(shape, 2), at(shape, 3)], this.alignCorners);
  }
}

/** The layer from channels to logits; its weights start small. */
export function classLayer({
  channels,
  classes,
  generator,
}: Pick<MapHeadOptions, 'channels' | 'classes' | 'generator'>): Conv2d {
  const layer = new Conv2d(channels, classes, { kernel: 1, generator });
  noGrad(() => layer.weight.normal_({ std: 0.01, generator }));
  return layer;
}

/** A pool of the coarsest map and what is made of it; named `0` and `1`. */
class PoolBranch extends Sequential {
  readonly #parts: readonly [pool: MapPool, block: ConvBlock];

  constructor(...parts: [pool: MapPool, block: ConvBlock]) {
    super(...parts);
    this.#parts = parts;
  }

  /** The pool, and what follows it. */
  get parts(): readonly [pool: MapPool, block: ConvBlock] {
    return this.#parts;
  }
}

/** The means of `side` x `side` parts of a map, which overlap where the sides do not divide it. */
class MapPool extends Module {
  constructor(readonly side: number) {
    super();
  }

  /** [batch, channels, height, width] -> [batch, channels, side, side] */
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, [this.side, this.side]);
  }
}
