/**
 * Swin encoder: attention inside square windows that shift on every other block.
 *
 * Source: Liu et al. 2021, arXiv:2103.14030, section 3. The position bias is the log-spaced MLP of UM-MAE
 * (Li et al. 2022, arXiv:2205.10063), and downsampling is a strided convolution.
 */
import { ok as assert } from 'node:assert';
import { type Generator, stack, type Tensor } from '@um-mae/torch';
import { LayerNorm, Linear, Module } from '@um-mae/torch/nn';
import { Backbone, type BackboneParts, type Encoded, type Observer } from '../backbone.js';
import { Downsample } from '../parts/downsample.js';
import { Mlp } from '../parts/mlp.js';
import { PatchEmbedding } from '../parts/patch-embedding.js';
import { isCompact, type PatchGrid, type Positions } from '../parts/patch-grid.js';
import { ResidualBlock } from '../parts/residual-block.js';
import {
  PositionMlp,
  pairIndices,
  positionPairs,
  positionTable,
  type StagePositions,
} from './position-bias.js';
import { type WindowLayout, windowAttention } from './window-attention.js';
import { windowing } from './windows.js';

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

export class Swin extends Backbone {
  readonly patch_embed: PatchEmbedding;
  readonly blocks: readonly SwinBlock[];
  readonly norm: LayerNorm | undefined;

  constructor(
    readonly options: SwinOptions,
    { generator, finalNorm = true }: BackboneParts,
  ) {
    super();
    const { channels, patch } = options;
    this.patch_embed = new PatchEmbedding({ channels, patch, norm: true, bias: 'zero', generator });
    this.blocks = swinBlocks(options, generator);
    this.norm = finalNorm ? new LayerNorm(this.width, { epsilon: 1e-6 }) : undefined;
  }

  readonly hasClassToken = false;

  get patch(): number {
    return this.options.patch;
  }

  get channels(): readonly number[] {
    return this.options.depths.map((_, stage) => this.options.channels * 2 ** stage);
  }

  get strides(): readonly number[] {
    return this.options.depths.map((_, stage) => this.options.patch * 2 ** stage);
  }

  forward(grid: PatchGrid, observe?: Observer): Encoded {
    let x = this.patch_embed.forward(grid);
    observe?.('tokens', x);
    const maps: Tensor[] = [];
    let first = 0;
    for (const [stage, { places, layouts }] of this.stages(grid.positions).entries()) {
      observe?.(`block.${first}.pos_hw`, coordinates(places));
      const depth = layouts.length;
      for (const [i, block] of this.blocks.slice(first, first + depth).entries()) {
        const layout = layouts[i];
        assert(layout, `block ${i} of stage ${stage} has a layout`);
        x = block.forward(x, layout);
        observe?.(`block.${first + i}`, x);
        observe?.(`block.${first + i}.differences`, layout.pairs.differences);
        observe?.(`block.${first + i}.places`, layout.pairs.places);
        observe?.(`block.${first + i}.indices`, pairIndices(layout.pairs));
      }
      first += depth;
      maps.push(x);
    }
    const latent = this.norm ? this.norm.forward(x) : x;
    observe?.('latent', latent);
    return { maps: [...maps.slice(0, -1), latent] };
  }

  /** @param positions of the tokens of the first stage */
  stages(positions: Positions): SwinStage[] {
    const window = this.options.window * (isCompact(positions) ? 1 : 2);
    let places: StagePositions = { positions, scale: 1 };
    return this.options.depths.map((depth, stage) => {
      if (stage > 0) places = downsamplePositions(places);
      const { plain, shifted } = windowLayouts(places, window);
      const layouts = Array.from({ length: depth }, (_, i) => (i % 2 === 0 ? plain : shifted));
      return { places, layouts };
    });
  }
}

/** Where the tokens of a stage stand, and how each of its blocks cuts them into windows. */
export interface SwinStage {
  readonly places: StagePositions;
  readonly layouts: readonly WindowLayout[];
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
export class SwinBlock extends ResidualBlock<[layout: WindowLayout]> {
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
      ? new Downsample(channelsBefore, channels, { norm: true, generator })
      : undefined;
  }

  /**
   * @param x [batch, height, width, channels]; with `downsample` twice as high and wide, of half the channels
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
export class WindowAttention extends Module {
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
    const table = positionTable(this.posmlp, layout.pairs);
    return this.proj.forward(windowAttention(this.qkv.forward(x), table, layout));
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

/** The layouts of a stage's even and odd blocks. */
function windowLayouts(
  places: StagePositions,
  window: number,
): { plain: WindowLayout; shifted: WindowLayout } {
  const [, height, width] = places.positions.row.sizes(3);
  const layout = (shifted: boolean) => {
    const windows = windowing([height, width], window, shifted);
    return { windows, pairs: positionPairs(places, windows) };
  };
  return { plain: layout(false), shifted: layout(true) };
}

/** [batch or 1, height, width, 2]: (row, column) in units of the stage. */
function coordinates({ positions: { row, column }, scale }: StagePositions): Tensor {
  return stack([row, column], { dim: -1 }).to('f32').div(scale);
}

/** The merged token of each 2x2 group stands where its top left one stood. */
function downsamplePositions({ positions, scale }: StagePositions): StagePositions {
  const corner = (x: Tensor) => x.slice({ dim: 1, step: 2 }).slice({ dim: 2, step: 2 });
  const { row, column } = positions;
  return {
    positions: { ...positions, row: corner(row), column: corner(column) },
    scale: 2 * scale,
  };
}
