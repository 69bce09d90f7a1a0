/**
 * The block of plain vision transformers, which the decoder is made of too: full attention, then an MLP.
 *
 * Source: Dosovitskiy et al. 2021 (ViT), arXiv:2010.11929, section 3.1.
 */
import type { Generator, Tensor } from '@um-mae/torch';
import { LayerNorm, Linear, Module, selfAttention } from '@um-mae/torch/nn';
import { Mlp } from './mlp.js';
import { ResidualBlock } from './residual-block.js';

export interface TransformerBlockOptions {
  readonly channels: number;
  readonly heads: number;
  readonly generator: Generator;
}

/** Pre-norm attention, then an MLP; both residual. */
export class TransformerBlock extends ResidualBlock<[from?: number]> {
  readonly norm1: LayerNorm;
  readonly attn: Attention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;

  constructor(options: TransformerBlockOptions) {
    super();
    const { channels, generator } = options;
    this.norm1 = new LayerNorm(channels, { epsilon: 1e-6 });
    this.attn = new Attention(options);
    this.norm2 = new LayerNorm(channels, { epsilon: 1e-6 });
    this.mlp = new Mlp({ channels, hidden: 4 * channels, generator });
  }

  /**
   * @param x [batch, tokens, channels]
   * @param from the first token whose result is wanted; those before it are keys and values to the others
   * @returns [batch, tokens - from, channels]
   */
  protected compute(x: Tensor, from = 0): Tensor {
    const mixed = this.attn.forward(this.norm1.forward(x), from);
    const attended = tail(x, from).add(this.dropPath.forward(mixed));
    return attended.add(this.dropPath.forward(this.mlp.forward(this.norm2.forward(attended))));
  }
}

/** Multi-head attention of every token to every token of its image. */
class Attention extends Module {
  readonly qkv: Linear;
  readonly proj: Linear;
  readonly #heads: number;

  constructor({ channels, heads, generator }: TransformerBlockOptions) {
    super();
    this.qkv = new Linear(channels, 3 * channels, { generator });
    this.proj = new Linear(channels, channels, { generator });
    this.#heads = heads;
  }

  /** @param x [batch, tokens, channels]  @returns [batch, tokens - from, channels] */
  forward(x: Tensor, from: number): Tensor {
    const [batch, tokens, channels] = x.sizes(3);
    const shape = [batch, tokens, 3, this.#heads, channels / this.#heads];
    return this.proj.forward(selfAttention(this.qkv.forward(x).view(shape), { first: from }));
  }
}

function tail(x: Tensor, from: number): Tensor {
  return from === 0 ? x : x.slice({ dim: 1, start: from });
}

/** [batch, tokens, 3 * channels] -> three of [batch, heads, tokens, channels per head] */
export function splitHeads(qkv: Tensor, heads: number): Record<'query' | 'key' | 'value', Tensor> {
  const [batch, tokens, width] = qkv.sizes(3);
  const apart = qkv.view([batch, tokens, 3, heads, width / 3 / heads]).permute([2, 0, 3, 1, 4]);
  return { query: apart.at(0), key: apart.at(1), value: apart.at(2) };
}

/** [batch, heads, tokens, channels per head] -> [batch, tokens, channels] */
export function joinHeads(x: Tensor): Tensor {
  return x.transpose(1, 2).flatten({ startDim: 2 });
}
