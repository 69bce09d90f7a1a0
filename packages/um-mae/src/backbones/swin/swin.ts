/**
 * Swin encoder: attention inside square windows that shift on every other block.
 *
 * Source: Liu et al. 2021, arXiv:2103.14030, section 3. The position bias is the log-spaced MLP of
 * UM-MAE (Li et al. 2022, arXiv:2205.10063), and downsampling is a strided convolution.
 */
import type { Generator, Tensor } from '@um-mae/torch';
import { LayerNorm } from '@um-mae/torch/nn';
import { at } from '../../at.js';
import { Backbone, type BackboneParts, type Encoded, type ImageSize } from '../backbone.js';
import { inputsOf, lastOfStages } from '../parts/blocks/attention-received.js';
import { PatchEmbedding } from '../parts/grid/patch-embedding.js';
import { fullGrid, isCompact, type PatchGrid, type Positions } from '../parts/grid/patch-grid.js';
import { receivedInWindows } from './attention.js';
import { type SwinOptions, swin } from './family.js';
import { nominalLayouts } from './nominal-windows.js';
import { swinStages } from './stages.js';
import { SwinBlock } from './swin-block.js';
import type { WindowLayout } from './window-attention.js';

/** A Swin encoder. */
export class Swin extends Backbone {
  readonly patch_embed: PatchEmbedding;
  readonly blocks: readonly SwinBlock[];
  readonly norm: LayerNorm | undefined;
  readonly #nominal: ImageSize | undefined;

  constructor(
    readonly options: SwinOptions,
    { generator, finalNorm = true, nominal }: BackboneParts,
  ) {
    super(swin.shape(options));
    this.#nominal = nominal;
    const { channels, epsilon, patch } = options;
    const embedding = { channels, patch, normEpsilon: epsilon, bias: 'zero' } as const;
    this.patch_embed = new PatchEmbedding({ ...embedding, generator });
    this.blocks = swinBlocks(options, generator);
    this.norm = finalNorm ? new LayerNorm(this.width, { epsilon }) : undefined;
  }

  forward(grid: PatchGrid): Encoded {
    let x = this.patch_embed.forward(grid);
    let next = 0;
    const maps = this.layouts(grid.positions).map((layouts) => {
      for (const layout of layouts) x = at(this.blocks, next++).forward(x, layout);
      return x;
    });
    return { maps: [...maps.slice(0, -1), this.norm ? this.norm.forward(x) : x] };
  }

  /** Lays windows on a grid: for each block of each stage. */
  layouts(positions: Positions): readonly (readonly WindowLayout[])[] {
    if (isCompact(positions)) return this.#layoutsOn(positions);
    const { full, row } = positions;
    const compute = () => this.#layoutsOn(positions);
    return this.constant('layouts', { key: full.join('x'), device: row.device, compute });
  }

  #layoutsOn(positions: Positions): readonly (readonly WindowLayout[])[] {
    if (this.#nominal) return nominalLayouts(this.options, this.#nominal, positions);
    return swinStages(this.options, positions).map(({ layouts }) => layouts);
  }

  override attentionReceived(image: Tensor): Tensor[] {
    const layouts = this.layouts(fullGrid(image, this.patch).positions);
    const last = lastOfStages(this.blocks, this.options.depths);
    return inputsOf(this, last, () => this.features(image)).map((x, stage) =>
      receivedInWindows(x, at(last, stage), at(at(layouts, stage), -1)),
    );
  }
}

function swinBlocks(options: SwinOptions, generator: Generator): SwinBlock[] {
  const { channels, depths, heads, positionChannels, mlpRatio, epsilon } = options;
  return depths.flatMap((depth, stage) =>
    Array.from({ length: depth }, (_, i) => {
      const width = channels * 2 ** stage;
      return new SwinBlock({
        channels: width,
        heads: at(heads, stage),
        positionChannels,
        mlpRatio,
        epsilon,
        channelsBefore: stage > 0 && i === 0 ? width / 2 : undefined,
        generator,
      });
    }),
  );
}
