/**
 * Feature pyramid: maps of the stages of a backbone, each with what the coarser ones say added to
 * it.
 *
 * Source: Lin et al. 2017 (FPN), arXiv:1612.03144; extra levels as in published detectors. Names
 * are those of published checkpoints.
 */
import { type Generator, noGrad, type Tensor, upsampleNearest2d } from '@um-mae/torch';
import { Module, xavierUniform } from '@um-mae/torch/nn';
import { at } from '../../../at.js';
import { type MapNorm, NormedConv } from '../../../heads/normed-conv.js';

export interface FeaturePyramidOptions {
  /** Channels of the maps that come in, from the finest to the coarsest. */
  readonly inputs: readonly number[];
  /** Channels of the levels. */
  readonly channels: number;
  /** The number of levels, coarser ones than the maps included. */
  readonly levels: number;
  /** The first map that is used; the backbone learns nothing by those before. Default 0. */
  readonly firstMap?: number;
  /** The way to coarser levels: by every second place of the last, or by strided convolutions. */
  readonly extra: 'subsample' | 'convolution';
  /** Default 'none': convolutions have biases. */
  readonly norm?: MapNorm | 'none';
  readonly generator: Generator;
}

/** Levels of one width from maps of a backbone. */
export class FeaturePyramid extends Module {
  readonly lateral_convs: readonly NormedConv[];
  readonly fpn_convs: readonly NormedConv[];
  readonly #firstMap: number;
  readonly #levels: number;

  constructor(options: FeaturePyramidOptions) {
    super();
    const { inputs, channels, levels, firstMap = 0, extra, norm = 'none', generator } = options;
    const used = inputs.slice(firstMap);
    const conv = (inputs: number, kernel: 1 | 3, stride: number) =>
      startingEven(
        new NormedConv({ inputs, channels, kernel, stride, norm, generator }),
        generator,
      );
    const strided = extra === 'convolution' ? Math.max(levels - used.length, 0) : 0;
    this.lateral_convs = used.map((width) => conv(width, 1, 1));
    this.fpn_convs = [
      ...used.map(() => conv(channels, 3, 1)),
      ...Array.from({ length: strided }, () => conv(channels, 3, 2)),
    ];
    this.#firstMap = firstMap;
    this.#levels = levels;
  }

  /**
   * @param maps [batch, inputs, height, width] each, from the finest to the coarsest
   * @returns [batch, channels, height, width] for each level
   */
  forward(maps: readonly Tensor[]): Tensor[] {
    const used = maps.slice(this.#firstMap);
    const laterals = this.lateral_convs.map((conv, i) => conv.forward(at(used, i)));
    const levels = addFromAbove(laterals).map((map, i) => at(this.fpn_convs, i).forward(map));
    while (levels.length < this.#levels) {
      const conv = this.fpn_convs[levels.length];
      const last = at(levels, -1);
      levels.push(conv ? conv.forward(last) : everySecond(last));
    }
    return levels;
  }
}

/** Each map with all coarser ones added, by the nearest place. */
function addFromAbove(laterals: readonly Tensor[]): Tensor[] {
  const summed: Tensor[] = [];
  for (const lateral of [...laterals].reverse()) {
    const [above] = summed;
    const [, , height, width] = lateral.sizes(4);
    summed.unshift(above ? lateral.add(upsampleNearest2d(above, [height, width])) : lateral);
  }
  return summed;
}

/** Every second place of a map along each side. */
export function everySecond(map: Tensor): Tensor {
  return map.slice({ dim: 2, step: 2 }).slice({ dim: 3, step: 2 });
}

/** Weights as the pyramid of published detectors starts: Xavier-uniform. */
function startingEven(conv: NormedConv, generator: Generator): NormedConv {
  const { weight } = conv.conv;
  noGrad(() => weight.copy_(xavierUniform(weight.shape, { generator })));
  return conv;
}
