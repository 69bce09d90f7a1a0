/** The block of PVT: attention to a reduced grid, then an MLP. */
import { avgPool2d, type Generator, type Tensor } from '@um-mae/torch';
import { Conv2d, crossAttention, LayerNorm, Linear, Module } from '@um-mae/torch/nn';
import { Mlp } from '../parts/blocks/mlp.js';
import { ResidualBlock } from '../parts/blocks/residual-block.js';
import { Downsample } from '../parts/grid/downsample.js';

/** The sizes of a block of PVT. */
export interface PvtBlockOptions {
  readonly channels: number;
  readonly heads: number;
  /** Hidden channels of the MLP, in multiples of `channels`. */
  readonly mlpRatio: number;
  /** Channels of the stage before, on the first block of every stage but the first. */
  readonly channelsBefore: number | undefined;
  readonly generator: Generator;
}

/** Pre-norm attention to a reduced grid, then an MLP; both residual. */
export class PvtBlock extends ResidualBlock<[reduction: number]> {
  readonly norm1: LayerNorm;
  readonly attn: ReducedAttention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly downsample: Downsample | undefined;

  constructor(options: PvtBlockOptions) {
    super();
    const { channels, channelsBefore, mlpRatio, generator } = options;
    this.norm1 = new LayerNorm(channels);
    this.attn = new ReducedAttention(options);
    this.norm2 = new LayerNorm(channels);
    this.mlp = new Mlp({ channels, ratio: mlpRatio, generator });
    this.downsample = channelsBefore
      ? new Downsample(channelsBefore, channels, { generator })
      : undefined;
  }

  /**
   * @param x [batch, height, width, channels]; with `downsample` twice as high and wide, of fewer
   *   channels
   * @param reduction side of the squares of tokens that share a key
   * @returns [batch, height, width, channels]
   */
  protected compute(x: Tensor, reduction: number): Tensor {
    const grid = this.downsample ? this.downsample.forward(x) : x;
    const mixed = this.attn.forward(this.norm1.forward(grid), reduction);
    const attended = grid.add(this.dropPath.forward(mixed));
    return attended.add(this.dropPath.forward(this.mlp.forward(this.norm2.forward(attended))));
  }
}

/** Attention of queries from all tokens to keys and values from pooled ones. */
export class ReducedAttention extends Module {
  readonly q: Linear;
  readonly kv: Linear;
  readonly proj: Linear;
  readonly sr: Conv2d;
  readonly norm: LayerNorm;
  readonly #heads: number;

  constructor({ channels, heads, generator }: PvtBlockOptions) {
    super();
    this.q = new Linear(channels, channels, { generator });
    this.kv = new Linear(channels, 2 * channels, { generator });
    this.proj = new Linear(channels, channels, { generator });
    this.sr = new Conv2d(channels, channels, { kernel: 1, generator });
    this.norm = new LayerNorm(channels);
    this.#heads = heads;
  }

  /** @param x [batch, height, width, channels]  @returns the same shape */
  forward(x: Tensor, reduction: number): Tensor {
    const { query, keyValue } = this.project(x, reduction);
    return this.proj.forward(crossAttention(query, keyValue)).view(x.shape);
  }

  /**
   * @returns `query` [batch, height * width, heads, channels of a head] and `keyValue` [batch,
   *   reduced height * reduced width, 2, heads, channels of a head]
   */
  project(x: Tensor, reduction: number): { readonly query: Tensor; readonly keyValue: Tensor } {
    const [batch, , , channels] = x.sizes(4);
    const perHead = channels / this.#heads;
    const map = x.permute([0, 3, 1, 2]);
    const pooled = reduction > 1 ? avgPool2d(map, reduction) : map;
    const reduced = this.norm.forward(this.sr.forward(pooled).permute([0, 2, 3, 1]));

    const query = this.q.forward(x).view([batch, -1, this.#heads, perHead]);
    const keyValue = this.kv.forward(reduced).view([batch, -1, 2, this.#heads, perHead]);
    return { query, keyValue };
  }
}
