import type { Generator, Tensor } from '@um-mae/torch';
import { Conv2d, LayerNorm, Module } from '@um-mae/torch/nn';

export interface DownsampleOptions {
  /** Whether a LayerNorm over the incoming channels comes first. */
  readonly norm: boolean;
  readonly generator: Generator;
}

/** Halves both sides of the grid by a 2x2 convolution of stride 2. */
export class Downsample extends Module {
  readonly norm: LayerNorm | undefined;
  readonly proj: Conv2d;

  constructor(channelsBefore: number, channels: number, { norm, generator }: DownsampleOptions) {
    super();
    this.norm = norm ? new LayerNorm(channelsBefore, { epsilon: 1e-6 }) : undefined;
    this.proj = new Conv2d(channelsBefore, channels, { kernel: 2, stride: 2, generator });
  }

  /** @param x [batch, 2 height, 2 width, channels before]  @returns [batch, height, width, channels] */
  forward(x: Tensor): Tensor {
    const normed = this.norm ? this.norm.forward(x) : x;
    return this.proj.forward(normed.permute([0, 3, 1, 2])).permute([0, 2, 3, 1]);
  }
}
