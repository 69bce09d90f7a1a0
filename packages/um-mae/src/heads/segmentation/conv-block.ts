import type { Generator, Tensor } from '@um-mae/torch';
import { BatchNorm2d, GroupNorm, Module, UnbiasedConv2d } from '@um-mae/torch/nn';

/**
 * The statistics that normalise a channel: those of a batch, or those of one image, in groups of
 * channels, so that batches of one image can be learnt from.
 */
export type MapNorm = 'batch' | 'group';

/** The sizes of a block of convolution. */
export interface ConvBlockOptions {
  /** Channels of what comes in. */
  readonly inputs: number;
  readonly channels: number;
  /** Side of the kernel, an odd number: the map keeps its size. */
  readonly kernel: 1 | 3;
  readonly norm: MapNorm;
  readonly generator: Generator;
}

/** Most groups of channels that are normalised together (Wu and He 2018, arXiv:1803.08494). */
const mostGroups = 32;

/** Convolution without a bias, norm, ReLU. */
export class ConvBlock extends Module {
  readonly conv: UnbiasedConv2d;
  readonly bn: BatchNorm2d | undefined;
  readonly gn: GroupNorm | undefined;

  constructor({ inputs, channels, kernel, norm, generator }: ConvBlockOptions) {
    super();
    this.conv = new UnbiasedConv2d(inputs, channels, {
      kernel,
      padding: (kernel - 1) / 2,
      generator,
    });
    this.bn = norm === 'batch' ? new BatchNorm2d(channels) : undefined;
    this.gn = norm === 'group' ? new GroupNorm(groupsOf(channels), channels) : undefined;
  }

  /** @param x [batch, inputs, height, width]  @returns [batch, channels, height, width] */
  forward(x: Tensor): Tensor {
    const mixed = this.conv.forward(x);
    return (this.bn ?? this.gn)?.forward(mixed).relu() ?? mixed;
  }
}

/** The largest divisor of `channels` that is at most `mostGroups`. */
function groupsOf(channels: number): number {
  let groups = Math.min(mostGroups, channels);
  while (channels % groups !== 0) groups--;
  return groups;
}
