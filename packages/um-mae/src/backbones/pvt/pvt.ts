/**
 * Pyramid vision transformer: attention of all tokens to a grid of keys and values that pooling has reduced.
 *
 * Source: Wang et al. 2021 (PVT), arXiv:2102.12122, section 3, with the pooled reduction and the strided
 * convolutions of UM-MAE (Li et al. 2022, arXiv:2205.10063).
 */
import { avgPool2d, type Generator, type Tensor } from '@um-mae/torch';
import { Conv2d, crossAttention, LayerNorm, Linear, Module, Parameter } from '@um-mae/torch/nn';
import {
  Backbone,
  type BackboneParts,
  type Encoded,
  type ImageSize,
  type Observer,
} from '../backbone.js';
import { Downsample } from '../parts/downsample.js';
import { Mlp } from '../parts/mlp.js';
import { PatchEmbedding } from '../parts/patch-embedding.js';
import { isCompact, type PatchGrid, takePositions } from '../parts/patch-grid.js';
import { ResidualBlock } from '../parts/residual-block.js';
import { sineCosinePositions } from '../parts/sine-cosine-positions.js';

export interface PvtOptions {
  readonly kind: 'pvt';
  /** Of each stage. */
  readonly channels: readonly number[];
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /** Attention heads of each stage. */
  readonly heads: readonly number[];
  /** Hidden channels of each stage's MLPs, in multiples of its channels. */
  readonly mlpRatios: readonly number[];
  /** Side of the squares of tokens that share a key, by stage, on the full grid; half on the compact one. */
  readonly reductions: readonly number[];
  /** Patch side, in pixels. */
  readonly patch: number;
}

export class Pvt extends Backbone {
  /** [1, patches, channels], sine-cosine positions of the full grid; fixed, unless a classifier trains them. */
  readonly pos_embed: Tensor;
  readonly patch_embed: PatchEmbedding;
  readonly blocks: readonly PvtBlock[];
  readonly norm: LayerNorm | undefined;

  readonly hasClassToken = false;

  constructor(
    readonly options: PvtOptions,
    { height, width }: ImageSize,
    { generator, finalNorm = true, trainedPositions = false }: BackboneParts,
  ) {
    super();
    const { channels, patch } = options;
    const first = channels[0] ?? 0;
    const grid = { rows: height / patch, columns: width / patch };
    const positions = sineCosinePositions(grid, first);
    this.pos_embed = trainedPositions ? new Parameter(positions) : positions;
    this.patch_embed = new PatchEmbedding({
      channels: first,
      patch,
      norm: false,
      bias: 'zero',
      generator,
    });
    this.blocks = pvtBlocks(options, generator);
    this.norm = finalNorm ? new LayerNorm(this.width, { epsilon: 1e-6 }) : undefined;
  }

  get patch(): number {
    return this.options.patch;
  }

  get channels(): readonly number[] {
    return this.options.channels;
  }

  get strides(): readonly number[] {
    return this.options.depths.map((_, stage) => this.options.patch * 2 ** stage);
  }

  forward(grid: PatchGrid, observe?: Observer): Encoded {
    const tokens = this.patch_embed.forward(grid);
    observe?.('tokens', tokens);
    const places = takePositions(this.pos_embed, grid.positions);
    observe?.('positions', places);
    let x = tokens.add(places);
    observe?.('encoder_input', x);
    const maps: Tensor[] = [];
    let first = 0;
    for (const [stage, depth] of this.options.depths.entries()) {
      const full = this.options.reductions[stage] ?? 1;
      const reduction = isCompact(grid.positions) ? Math.max(1, full / 2) : full;
      for (const [i, block] of this.blocks.slice(first, first + depth).entries()) {
        x = block.forward(x, reduction);
        observe?.(`block.${first + i}`, x);
      }
      first += depth;
      maps.push(x);
    }
    const latent = this.norm ? this.norm.forward(x) : x;
    observe?.('latent', latent);
    return { maps: [...maps.slice(0, -1), latent] };
  }
}

interface PvtBlockOptions {
  readonly channels: number;
  readonly heads: number;
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
    this.mlp = new Mlp({ channels, hidden: mlpRatio * channels, generator });
    this.downsample = channelsBefore
      ? new Downsample(channelsBefore, channels, { norm: false, generator })
      : undefined;
  }

  /**
   * @param x [batch, height, width, channels]; with `downsample` twice as high and wide, of fewer channels
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
   * @returns `query` [batch, height * width, heads, channels of a head] and `keyValue` [batch, reduced height * reduced
   *   width, 2, heads, channels of a head]
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

function pvtBlocks(options: PvtOptions, generator: Generator): PvtBlock[] {
  const { channels, depths, heads, mlpRatios } = options;
  return depths.flatMap((depth, stage) =>
    Array.from(
      { length: depth },
      (_, i) =>
        new PvtBlock({
          channels: channels[stage] ?? 0,
          heads: heads[stage] ?? 1,
          mlpRatio: mlpRatios[stage] ?? 4,
          channelsBefore: stage > 0 && i === 0 ? channels[stage - 1] : undefined,
          generator,
        }),
    ),
  );
}
