/**
 * Swin encoder: attention inside square windows that shift on every other block.
 *
 * Source: Liu et al. 2021, arXiv:2103.14030, section 3. The position bias is the log-spaced MLP of UM-MAE
 * (Li et al. 2022, arXiv:2205.10063), and downsampling is a strided convolution.
 */
import { arange, type Generator, stack, type Tensor } from '@um-mae/torch';
import { Conv2d, LayerNorm, Linear, Module } from '@um-mae/torch/nn';
import { Mlp } from './mlp.js';
import { PatchEmbedding } from './patch-embedding.js';
import { patchify } from './patches.js';
import {
  PositionMlp,
  type PositionPairs,
  type Positions,
  positionBias,
  positionPairs,
} from './position-bias.js';
import { joinHeads, splitHeads } from './transformer-block.js';
import { toGrid, toWindows, type Windowing, windowing } from './windows.js';

export interface SwinOptions {
  readonly kind: 'swin';
  /** Of the first stage; each later stage has twice as many. */
  readonly channels: number;
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /** Attention heads of each stage. */
  readonly heads: readonly number[];
  /** Window side on the compact grid, in tokens; full grids take windows twice as wide. */
  readonly window: number;
  /** Hidden channels of the position MLP. */
  readonly positionChannels: number;
  /** Patch side, in pixels. */
  readonly patch: number;
}

/** Is told what a part of the model has computed; the value is freed after, unless it is kept. */
export type Observer = (name: string, value: Tensor) => void;

/** The parts; `MaskedAutoencoder` and classifiers run them on compact and on full grids. */
export class Swin extends Module {
  readonly patch_embed: PatchEmbedding;
  readonly blocks: readonly SwinBlock[];
  readonly norm: LayerNorm;

  constructor(
    readonly options: SwinOptions,
    generator: Generator,
  ) {
    super();
    const { channels, patch } = options;
    this.patch_embed = new PatchEmbedding({ channels, patch, generator });
    this.blocks = swinBlocks(options, generator);
    this.norm = new LayerNorm(this.channels.at(-1) ?? channels, { epsilon: 1e-6 });
  }

  /** Channels of each stage's feature map. */
  get channels(): readonly number[] {
    return this.options.depths.map((_, stage) => this.options.channels * 2 ** stage);
  }

  /** Pixels between neighbours in each stage's feature map of a full image. */
  get strides(): readonly number[] {
    return this.options.depths.map((_, stage) => this.options.patch * 2 ** stage);
  }

  /**
   * Runs all stages on a grid of tokens.
   *
   * @param x [batch, height, width, channels], the tokens that `patch_embed` made
   * @param positions where those tokens stand; `batch` 1 when all images share them
   * @param window side of the windows, in tokens
   * @returns the output of each stage, [batch, height / 2^stage, width / 2^stage, channels * 2^stage]
   */
  forward(x: Tensor, positions: Positions, window: number, observe?: Observer): Tensor[] {
    const maps: Tensor[] = [];
    let places = positions;
    let first = 0;
    for (const [stage, depth] of this.options.depths.entries()) {
      if (stage > 0) places = downsamplePositions(places);
      const { row } = places;
      const size = [row.shape[1] ?? 0, row.shape[2] ?? 0] as const;
      observe?.(`block.${first}.pos_hw`, coordinates(places));
      const layouts = [false, true].slice(0, depth).map((shifted) => {
        const windows = windowing(size, window, shifted);
        return { windows, pairs: positionPairs(places, windows) };
      });
      if (layouts[0]) observe?.(`block.${first}.differences`, layouts[0].pairs.differences);
      for (let i = 0; i < depth; i++) {
        const block = this.blocks[first + i];
        const layout = layouts[i % 2];
        if (block && layout) x = block.forward(x, layout);
        observe?.(`block.${first + i}`, x);
        if (layout) observe?.(`block.${first + i}.indices`, layout.pairs.indices);
      }
      first += depth;
      maps.push(x);
    }
    return maps;
  }

  /**
   * Feature maps of whole images, without any mask.
   *
   * @param images [batch, 3, height, width], normalised
   * @returns one map per stage, [batch, height / stride, width / stride, channels]; the last one normed
   */
  features(images: Tensor): Tensor[] {
    const [batch, , height, width] = images.sizes(4);
    const { patch, window } = this.options;
    const grid = { rows: height / patch, columns: width / patch };
    const pixels = patchify(images, patch).view([batch, grid.rows, grid.columns, -1]);
    const tokens = this.patch_embed.forward(pixels);
    const maps = this.forward(tokens, fullPositions(grid, images.device), 2 * window);
    return maps.map((map, stage) => (stage === maps.length - 1 ? this.norm.forward(map) : map));
  }
}

/** Windows of one kind of block in a stage, and the position differences inside them. */
export interface WindowLayout {
  readonly windows: Windowing;
  readonly pairs: PositionPairs;
}

export interface SwinBlockOptions {
  readonly channels: number;
  readonly heads: number;
  readonly positionChannels: number;
  /** Channels of the stage before, on the first block of every stage but the first. */
  readonly channelsBefore: number | undefined;
  readonly generator: Generator;
}

/** Pre-norm window attention, then an MLP; both residual. */
export class SwinBlock extends Module {
  readonly norm1: LayerNorm;
  readonly attn: WindowAttention;
  readonly norm2: LayerNorm;
  readonly mlp: Mlp;
  readonly downsample: Downsample | undefined;

  constructor(options: SwinBlockOptions) {
    super();
    const { channels, channelsBefore, generator } = options;
    this.norm1 = new LayerNorm(channels);
    this.attn = new WindowAttention(options);
    this.norm2 = new LayerNorm(channels);
    this.mlp = new Mlp({ channels, hidden: 4 * channels, generator });
    this.downsample = channelsBefore
      ? new Downsample(channelsBefore, channels, generator)
      : undefined;
  }

  /**
   * @param x [batch, height, width, channels]; with `downsample` twice as high and wide, of half the channels
   * @returns [batch, height, width, channels]
   */
  forward(x: Tensor, layout: WindowLayout): Tensor {
    const grid = this.downsample ? this.downsample.forward(x) : x;
    const attended = grid.add(this.attn.forward(this.norm1.forward(grid), layout));
    return attended.add(this.mlp.forward(this.norm2.forward(attended)));
  }
}

/** Multi-head attention inside windows, with the position bias on its logits. */
export class WindowAttention extends Module {
  readonly posmlp: PositionMlp;
  readonly qkv: Linear;
  readonly proj: Linear;
  readonly #heads: number;

  constructor({ channels, heads, positionChannels, generator }: SwinBlockOptions) {
    super();
    this.posmlp = new PositionMlp(positionChannels, heads, generator);
    this.qkv = new Linear(channels, 3 * channels, { generator });
    this.proj = new Linear(channels, channels, { generator });
    this.#heads = heads;
  }

  /** @param x [batch, height, width, channels]  @returns the same shape */
  forward(x: Tensor, { windows, pairs }: WindowLayout): Tensor {
    const { query, key, value } = splitHeads(toWindows(this.qkv.forward(x), windows), this.#heads);
    const scale = (query.shape[3] ?? 1) ** -0.5;
    const similarity = query.mul(scale).matmul(key.transpose(-2, -1));
    const weights = addPerImage(similarity, positionBias(this.posmlp, pairs)).softmax(-1);
    return this.proj.forward(toGrid(joinHeads(weights.matmul(value)), windows));
  }
}

/** Adds a bias [windows, heads, ...] to logits [batch * windows, heads, ...]: images may share it. */
function addPerImage(logits: Tensor, bias: Tensor): Tensor {
  if (logits.shape[0] === bias.shape[0]) return logits.add(bias);
  return logits
    .view([-1, ...bias.shape])
    .add(bias)
    .view(logits.shape);
}

/** Halves both sides of the grid: LayerNorm, then a 2x2 convolution of stride 2. */
class Downsample extends Module {
  readonly norm: LayerNorm;
  readonly proj: Conv2d;

  constructor(channelsBefore: number, channels: number, generator: Generator) {
    super();
    this.norm = new LayerNorm(channelsBefore, { epsilon: 1e-6 });
    this.proj = new Conv2d(channelsBefore, channels, { kernel: 2, stride: 2, generator });
  }

  /** @param x [batch, 2 height, 2 width, channels before]  @returns [batch, height, width, channels] */
  forward(x: Tensor): Tensor {
    return this.proj.forward(this.norm.forward(x).permute([0, 3, 1, 2])).permute([0, 2, 3, 1]);
  }
}

function swinBlocks(options: SwinOptions, generator: Generator): SwinBlock[] {
  const { channels, depths, heads, positionChannels } = options;
  return depths.flatMap((depth, stage) =>
    Array.from({ length: depth }, (_, i) => {
      const width = channels * 2 ** stage;
      return new SwinBlock({
        channels: width,
        heads: heads[stage] ?? 1,
        positionChannels,
        channelsBefore: stage > 0 && i === 0 ? width / 2 : undefined,
        generator,
      });
    }),
  );
}

/** Positions of all tokens of a full grid, shared by all images. */
export function fullPositions(
  { rows, columns }: { rows: number; columns: number },
  device: string,
): Positions {
  const count = { dtype: 'i64', device } as const;
  return {
    row: arange(0, rows, count).view([1, rows, 1]).expand([1, rows, columns]),
    column: arange(0, columns, count).view([1, 1, columns]).expand([1, rows, columns]),
    full: [rows, columns],
    scale: 1,
    together: Number.POSITIVE_INFINITY,
  };
}

/** [batch or 1, height, width, 2]: (row, column) in units of the stage. */
function coordinates({ row, column, scale }: Positions): Tensor {
  return stack([row, column], { dim: -1 }).to('f32').div(scale);
}

/** The merged token of each 2x2 group stands where its top left one stood. */
function downsamplePositions(positions: Positions): Positions {
  const corner = (x: Tensor) => x.slice({ dim: 1, step: 2 }).slice({ dim: 2, step: 2 });
  return {
    ...positions,
    row: corner(positions.row),
    column: corner(positions.column),
    scale: 2 * positions.scale,
  };
}
