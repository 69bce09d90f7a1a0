/**
 * A cheaper decoder: mask tokens attend to what the encoder saw and not to each other, so each is
 * decoded by itself, and a step decodes those units only whose pixels it predicts.
 *
 * Source: Fu et al. 2024 (CrossMAE), arXiv:2401.14391, section 3. As in its plain form all blocks
 * read the encoder's last output; here that is, for a pyramid, the vectors that its tokens open
 * into. They are normed once for all blocks, since the scale and shift of a norm of a block's own
 * would be absorbed by the linear layer that follows it.
 */
import { cat, embedding, type Generator, type Tensor } from '@um-mae/torch';
import { crossAttention, LayerNorm, Linear, Module } from '@um-mae/torch/nn';
import { Mlp } from '../../backbones/parts/blocks/mlp.js';
import { ResidualBlock } from '../../backbones/parts/blocks/residual-block.js';
import { Decoder, type DecoderInput } from './decoder.js';
import type { CrossDecoderOptions } from './options.js';

export class CrossDecoder extends Decoder {
  /** The norm of what the blocks take keys and values from. */
  readonly decoder_seen_norm: LayerNorm;
  readonly decoder_blocks: readonly CrossBlock[];
  readonly decoder_norm: LayerNorm;

  constructor(
    { channels, depth, epsilon, heads, mlpRatio }: CrossDecoderOptions,
    { generator }: { readonly generator: Generator },
  ) {
    super();
    this.decoder_seen_norm = new LayerNorm(channels, { epsilon });
    this.decoder_blocks = Array.from(
      { length: depth },
      () => new CrossBlock({ channels, heads, mlpRatio, epsilon, generator }),
    );
    this.decoder_norm = new LayerNorm(channels, { epsilon });
  }

  forward({ seen, masked, predicted }: DecoderInput): Tensor {
    return this.#decode(seen, embedding(masked, predicted));
  }

  decodeAll({ seen, masked }: DecoderInput): Tensor {
    const [batch] = seen.sizes(3);
    return this.#decode(seen, masked.expand([batch, ...masked.shape]));
  }

  /** @param queries [batch, n, channels]  @returns the same shape */
  #decode(seen: Tensor, queries: Tensor): Tensor {
    const [, keys] = seen.sizes(3);
    // One sequence from block to block, since activation checkpoints cut the graph at each block's
    // only input.
    let x = cat([this.decoder_seen_norm.forward(seen), queries], { dim: 1 });
    for (const block of this.decoder_blocks) x = block.forward(x, keys);
    return this.decoder_norm.forward(x.slice({ dim: 1, start: keys }));
  }
}

interface CrossBlockOptions {
  readonly channels: number;
  readonly heads: number;
  readonly mlpRatio: number;
  readonly epsilon: number;
  readonly generator: Generator;
}

/** Pre-norm attention to tokens that stay as they are, then an MLP; both residual. */
class CrossBlock extends ResidualBlock<[keys: number]> {
  readonly norm1: LayerNorm;
  readonly attn: CrossAttention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;

  constructor(options: CrossBlockOptions) {
    super();
    const { channels, epsilon, mlpRatio, generator } = options;
    this.norm1 = new LayerNorm(channels, { epsilon });
    this.attn = new CrossAttention(options);
    this.norm2 = new LayerNorm(channels, { epsilon });
    this.mlp = new Mlp({ channels, ratio: mlpRatio, generator });
  }

  /**
   * @param x [batch, keys + queries, channels]; the keys are normed, and pass as they are
   * @param count of the keys, which come first
   * @returns the same shape
   */
  protected compute(x: Tensor, count: number): Tensor {
    const keys = x.narrow(1, 0, count);
    const queries = x.slice({ dim: 1, start: count });
    const mixed = this.attn.forward(this.norm1.forward(queries), keys);
    const attended = queries.add(this.dropPath.forward(mixed));
    const transformed = this.dropPath.forward(this.mlp.forward(this.norm2.forward(attended)));
    return cat([keys, attended.add(transformed)], { dim: 1 });
  }
}

/** Multi-head attention of queries to the keys of their image. */
class CrossAttention extends Module {
  readonly q: Linear;
  readonly kv: Linear;
  readonly proj: Linear;
  readonly #heads: number;

  constructor({ channels, heads, generator }: CrossBlockOptions) {
    super();
    this.q = new Linear(channels, channels, { generator });
    this.kv = new Linear(channels, 2 * channels, { generator });
    this.proj = new Linear(channels, channels, { generator });
    this.#heads = heads;
  }

  /**
   * @param queries [batch, queries, channels]
   * @param keys    [batch, keys, channels]
   * @returns       [batch, queries, channels]
   */
  forward(queries: Tensor, keys: Tensor): Tensor {
    const [batch, , channels] = queries.sizes(3);
    const perHead = channels / this.#heads;
    const query = this.q.forward(queries).view([batch, -1, this.#heads, perHead]);
    const keyValue = this.kv.forward(keys).view([batch, -1, 2, this.#heads, perHead]);
    return this.proj.forward(crossAttention(query, keyValue));
  }
}
