/**
 * The block of plain vision transformers, which the decoder is made of too: full attention, then an
 * MLP.
 *
 * Source: Dosovitskiy et al. 2021 (ViT), arXiv:2010.11929, section 3.1.
 */
import { embedding, type Generator, type Tensor, zeros } from '@um-mae/torch';
import {
  attentionFor,
  joinHeads,
  LayerNorm,
  Linear,
  Module,
  Parameter,
  selfAttention,
} from '@um-mae/torch/nn';
import { toGrid, toWindows, type Windowing } from '../grid/windows.js';
import { LayerScale } from './layer-scale.js';
import { Mlp } from './mlp.js';
import { ResidualBlock } from './residual-block.js';

/** The sizes of a block of a plain transformer. */
export interface TransformerBlockOptions {
  readonly channels: number;
  readonly heads: number;
  /** Hidden channels of the MLP, in multiples of `channels`. */
  readonly mlpRatio: number;
  /** Epsilon of both norms. */
  readonly epsilon: number;
  /** The first factor of LayerScale on both residual branches; none without it. */
  readonly layerScale?: number | undefined;
  /** The number of biases of attention that pairs of tokens share; none without it. */
  readonly relativeBiases?: number | undefined;
  readonly generator: Generator;
}

/** The tokens that a block gets, and those that it has to compute. */
export interface BlockTokens {
  /**
   * The first token whose result is wanted; those before it are keys and values to the others.
   * Default 0.
   */
  readonly from?: number | undefined;
  /**
   * [batch, tokens] i64, the row that each token is, where many tokens of a batch are equal: what
   * is the same for equal tokens, all before attention, is computed once for each row.
   */
  readonly rows?: Tensor | undefined;
  /** [tokens, tokens] i64: the bias that each pair of tokens takes, of a block that has biases. */
  readonly relative?: Tensor | undefined;
  /** Windows of the grid that the tokens are, inside of which they attend. Default: to all. */
  readonly windows?: Windowing | undefined;
}

/** Pre-norm attention, then an MLP; both residual. */
export class TransformerBlock extends ResidualBlock<[tokens?: BlockTokens]> {
  readonly norm1: LayerNorm;
  readonly attn: SelfAttention;
  readonly ls1: LayerScale | undefined;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly ls2: LayerScale | undefined;

  constructor(options: TransformerBlockOptions) {
    super();
    const { channels, epsilon, layerScale, mlpRatio, generator } = options;
    const scale = () => (layerScale ? new LayerScale(channels, layerScale) : undefined);
    this.norm1 = new LayerNorm(channels, { epsilon });
    this.attn = new SelfAttention(options);
    this.ls1 = scale();
    this.norm2 = new LayerNorm(channels, { epsilon });
    this.mlp = new Mlp({ channels, ratio: mlpRatio, generator });
    this.ls2 = scale();
  }

  /**
   * @param x [batch, tokens, channels], or [rows, channels] whose order `rows` describes
   * @returns [batch, tokens - from, channels]
   */
  protected compute(x: Tensor, tokens: BlockTokens = {}): Tensor {
    const mixed = this.attn.forward(this.norm1.forward(x), tokens);
    const attended = takeTokens(x, tokens).add(this.dropPath.forward(scaled(this.ls1, mixed)));
    const seen = this.mlp.forward(this.norm2.forward(attended));
    return attended.add(this.dropPath.forward(scaled(this.ls2, seen)));
  }
}

/** @param x [..., channels]  @returns the same shape */
function scaled(scale: LayerScale | undefined, x: Tensor): Tensor {
  return scale ? scale.forward(x) : x;
}

/** Multi-head attention of every token to every token of its image, or of its window. */
class SelfAttention extends Module {
  readonly qkv: Linear;
  readonly proj: Linear;
  /** [biases, heads] */
  readonly relative_position_bias_table: Parameter | undefined;
  readonly heads: number;

  constructor({
    channels,
    heads,
    relativeBiases,
    generator,
  }: Pick<TransformerBlockOptions, 'channels' | 'heads' | 'relativeBiases' | 'generator'>) {
    super();
    this.relative_position_bias_table = relativeBiases
      ? new Parameter(zeros([relativeBiases, heads]))
      : undefined;
    this.qkv = new Linear(channels, 3 * channels, { generator });
    this.proj = new Linear(channels, channels, { generator });
    this.heads = heads;
  }

  /** @param x as the block's  @returns [batch, tokens - from, channels] */
  forward(x: Tensor, tokens: BlockTokens): Tensor {
    const { windows } = tokens;
    if (!windows) return this.#attend(x, tokens);
    // Zeros that pad the grid are looked at, as in ViTDet.
    const [batch, count, channels] = x.sizes(3);
    const grid = x.view([batch, windows.height, windows.width, channels]);
    const mixed = this.#attend(toWindows(grid, windows), {});
    return toGrid(mixed, windows).reshape([batch, count, channels]);
  }

  #attend(x: Tensor, { from = 0, rows, relative }: BlockTokens): Tensor {
    const qkv = takeTokens(this.qkv.forward(x), { rows });
    const [batch, tokens, width] = qkv.sizes(3);
    const shape = [batch, tokens, 3, this.heads, width / 3 / this.heads];
    const table = this.relative_position_bias_table;
    if (table && relative) return this.proj.forward(biased(qkv.view(shape), table, relative));
    return this.proj.forward(selfAttention(qkv.view(shape), { first: from }));
  }
}

/**
 * Attention of all tokens to all, with the bias of each pair on its logit.
 *
 * @param qkv [batch, tokens, 3, heads, channels of a head]
 * @returns [batch, tokens, heads * channels]
 */
function biased(qkv: Tensor, table: Tensor, relative: Tensor): Tensor {
  const apart = qkv.permute([2, 0, 3, 1, 4]);
  const bias = embedding(table, relative).permute([2, 0, 1]).unsqueeze(0);
  return joinHeads(attentionFor(qkv)(apart.at(0), apart.at(1), apart.at(2), bias));
}

/** @returns [batch, tokens - from, channels] */
function takeTokens(x: Tensor, { from = 0, rows }: BlockTokens): Tensor {
  if (rows) return embedding(x, from === 0 ? rows : rows.slice({ dim: 1, start: from }));
  return from === 0 ? x : x.slice({ dim: 1, start: from });
}
