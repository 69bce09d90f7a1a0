/** The block of Swin: attention inside windows, then an MLP. */
import type { Generator, Tensor } from '@um-mae/torch';
import { LayerNorm, Linear, Module } from '@um-mae/torch/nn';
import { Mlp } from '../parts/blocks/mlp.js';
import { ResidualBlock } from '../parts/blocks/residual-block.js';
import { Downsample } from '../parts/grid/downsample.js';
import { cutTo, padTo } from '../parts/grid/windows.js';
import { PositionMlp } from './position-bias.js';
import { type WindowLayout, windowAttention } from './window-attention.js';

/** The sizes of a block of Swin. */
export interface SwinBlockOptions {
  readonly channels: number;
  readonly heads: number;
  /** Hidden channels of the position MLP. */
  readonly positionChannels: number;
  /** Hidden channels of the MLP, in multiples of `channels`. */
  readonly mlpRatio: number;
  /** Epsilon of the norm before downsampling; the other norms have PyTorch's own, 1e-5. */
  readonly epsilon: number;
  /** Channels of the stage before, on the first block of every stage but the first. */
  readonly channelsBefore: number | undefined;
  readonly generator: Generator;
}

/** Pre-norm window attention, then an MLP; both residual. */
export class SwinBlock extends ResidualBlock<[layout: WindowLayout]> {
  readonly norm1: LayerNorm;
  readonly attn: WindowAttention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly downsample: Downsample | undefined;

  constructor(options: SwinBlockOptions) {
    super();
    const { channels, channelsBefore, epsilon, mlpRatio, generator } = options;
    this.norm1 = new LayerNorm(channels);
    this.attn = new WindowAttention(options);
    this.norm2 = new LayerNorm(channels);
    this.mlp = new Mlp({ channels, ratio: mlpRatio, generator });
    this.downsample = channelsBefore
      ? new Downsample(channelsBefore, channels, { normEpsilon: epsilon, generator })
      : undefined;
  }

  /**
   * @param x [batch, height, width, channels]; with `downsample` twice as high and wide, of half
   *   the channels
   * @returns [batch, height, width, channels]
   */
  protected compute(x: Tensor, layout: WindowLayout): Tensor {
    const grid = this.downsample ? this.downsample.forward(x) : x;
    const mixed = this.attn.forward(this.norm1.forward(grid), layout);
    const attended = grid.add(this.dropPath.forward(mixed));
    return attended.add(this.dropPath.forward(this.mlp.forward(this.norm2.forward(attended))));
  }
}

/** Multi-head attention inside windows, with the position bias on its logits. */
class WindowAttention extends Module {
  readonly posmlp: PositionMlp;
  readonly qkv: Linear;
  readonly proj: Linear;

  constructor({ channels, heads, positionChannels, generator }: SwinBlockOptions) {
    super();
    this.posmlp = new PositionMlp(positionChannels, heads, generator);
    this.qkv = new Linear(channels, 3 * channels, { generator });
    this.proj = new Linear(channels, channels, { generator });
  }

  /** @param x [batch, height, width, channels]  @returns the same shape */
  forward(x: Tensor, layout: WindowLayout): Tensor {
    const table = this.posmlp.table(layout.pairs);
    const mixed = windowAttention(this.qkv.forward(padTo(x, layout.windows)), table, layout);
    return this.proj.forward(cutTo(mixed, x));
  }
}
