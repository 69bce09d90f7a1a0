import type { Generator, Tensor } from '@um-mae/torch';
import { BatchNorm2d, Conv2d, GroupNorm, Module, UnbiasedConv2d } from '@um-mae/torch/nn';

/**
 * The statistics that normalise a channel: those of a batch; `frozen`, the ones that the weights
 * bring; or those of one image, in groups of channels. Batches of one image, and the gradients of
 * several batches together, can be learnt from by the last two.
 */
export type MapNorm = 'batch' | 'frozen' | 'group';

/** The sizes of a convolution with its norm. */
export interface NormedConvOptions {
  /** Channels of what comes in. */
  readonly inputs: number;
  readonly channels: number;
  /** Side of the kernel, an odd number: with a stride of 1 the map keeps its size. */
  readonly kernel: 1 | 3;
  /** Default 1. */
  readonly stride?: number;
  /** The norm after the convolution. With `none` the convolution has a bias instead. */
  readonly norm: MapNorm | 'none';
  /**
   * Groups of channels of a group norm. Default 32, or the next smaller divisor of the channels.
   */
  readonly groups?: number | undefined;
  readonly generator: Generator;
}

/** Most groups of channels that are normalised together (Wu and He 2018, arXiv:1803.08494). */
const mostGroups = 32;

/** Convolution and norm. */
export class NormedConv extends Module {
  readonly conv: UnbiasedConv2d;
  readonly bn: BatchNorm2d | undefined;
  readonly gn: GroupNorm | undefined;

  constructor(options: NormedConvOptions) {
    super();
    const { inputs, channels, kernel, stride = 1, norm, generator } = options;
    const sizes = { kernel, stride, padding: (kernel - 1) / 2, generator };
    this.conv =
      norm === 'none'
        ? new Conv2d(inputs, channels, sizes)
        : new UnbiasedConv2d(inputs, channels, sizes);
    const { groups = groupsOf(channels) } = options;
    const frozen = norm === 'frozen';
    this.bn = norm === 'batch' || frozen ? new BatchNorm2d(channels, { frozen }) : undefined;
    this.gn = norm === 'group' ? new GroupNorm(groups, channels) : undefined;
  }

  /** @param x [batch, inputs, height, width]  @returns [batch, channels, height', width'] */
  forward(x: Tensor): Tensor {
    const mixed = this.conv.forward(x);
    return (this.bn ?? this.gn)?.forward(mixed) ?? mixed;
  }
}

/** The largest divisor of `channels` that is at most `mostGroups`. */
function groupsOf(channels: number): number {
  let groups = Math.min(mostGroups, channels);
  while (channels % groups !== 0) groups--;
  return groups;
}
