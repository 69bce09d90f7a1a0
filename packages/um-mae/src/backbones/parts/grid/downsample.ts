import type { Generator, Tensor } from '@um-mae/torch';
import { Conv2d, LayerNorm, Module } from '@um-mae/torch/nn';

/** Options of `Downsample`. */
export interface DownsampleOptions {
  /** Epsilon of the LayerNorm over the incoming channels that comes first; none without it. */
  readonly normEpsilon?: number | undefined;
  readonly generator: Generator;
}

/** Halves both sides of the grid by a 2x2 convolution of stride 2. */
export class Downsample extends Module {
  readonly norm: LayerNorm | undefined;
  readonly proj: Conv2d;

  constructor(
    channelsBefore: number,
    channels: number,
    { normEpsilon, generator }: DownsampleOptions,
  ) {
    super();
    this.norm =
      normEpsilon === undefined
        ? undefined
        : new LayerNorm(channelsBefore, { epsilon: normEpsilon });
    this.proj = new Conv2d(channelsBefore, channels, { kernel: 2, stride: 2, generator });
  }

  /**
   * @param x [batch, 2 height, 2 width, channels before]
   * @returns [batch, height, width, channels]
   */
  forward(x: Tensor): Tensor {
    const normed = this.norm ? this.norm.forward(x) : x;
    return this.proj.forward(normed.permute([0, 3, 1, 2])).permute([0, 2, 3, 1]);
  }
}
