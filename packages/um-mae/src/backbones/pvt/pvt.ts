/**
 * Pyramid vision transformer: attention of all tokens to a grid of keys and values that pooling has
 * reduced.
 *
 * Source: Wang et al. 2021 (PVT), arXiv:2102.12122, section 3, with the pooled reduction and the
 * strided convolutions of UM-MAE (Li et al. 2022, arXiv:2205.10063).
 */
import type { Generator, Tensor } from '@um-mae/torch';
import { LayerNorm, Parameter } from '@um-mae/torch/nn';
import { at } from '../../at.js';
import type { Grid } from '../../masking/grid.js';
import { Backbone, type BackboneParts, type Encoded, type ImageSize } from '../backbone.js';
import { inputsOf, lastOfStages } from '../parts/blocks/attention-received.js';
import { PatchEmbedding } from '../parts/grid/patch-embedding.js';
import { isCompact, type PatchGrid, type Positions } from '../parts/grid/patch-grid.js';
import { takePositions } from '../parts/positions/positions.js';
import { sineCosinePositions } from '../parts/positions/sine-cosine-positions.js';
import { receivedBySquares } from './attention.js';
import { type PvtOptions, pvt, reductionOf } from './family.js';
import { PvtBlock } from './pvt-block.js';

/** A PVT encoder. */
export class Pvt extends Backbone {
  /**
   * [1, patches, channels], sine-cosine positions of the full grid; fixed, unless a classifier
   * trains them.
   */
  readonly pos_embed: Tensor;
  readonly patch_embed: PatchEmbedding;
  readonly blocks: readonly PvtBlock[];
  readonly norm: LayerNorm | undefined;
  /** The full grid that `pos_embed` is for. */
  readonly grid: Grid;

  constructor(
    readonly options: PvtOptions,
    { height, width }: ImageSize,
    { generator, finalNorm = true, trainedPositions = false }: BackboneParts,
  ) {
    super(pvt.shape(options));
    const { epsilon, patch } = options;
    const channels = at(options.channels, 0);
    this.grid = { rows: height / patch, columns: width / patch };
    const positions = sineCosinePositions(this.grid, channels);
    this.pos_embed = trainedPositions ? new Parameter(positions) : positions;
    this.patch_embed = new PatchEmbedding({ channels, patch, bias: 'zero', generator });
    this.blocks = pvtBlocks(options, generator);
    this.norm = finalNorm ? new LayerNorm(this.width, { epsilon }) : undefined;
  }

  forward(grid: PatchGrid): Encoded {
    const { positions } = grid;
    let x = this.patch_embed.forward(grid).add(this.placesOn(positions));
    let next = 0;
    const maps = this.options.depths.map((depth, stage) => {
      const reduction = reductionOf(this.options, stage, isCompact(positions));
      for (let i = 0; i < depth; i++) x = at(this.blocks, next++).forward(x, reduction);
      return x;
    });
    return { maps: [...maps.slice(0, -1), this.norm ? this.norm.forward(x) : x] };
  }

  /** `pos_embed`, resized to a grid of another size, [batch or 1, height, width, channels]. */
  placesOn(positions: Positions): Tensor {
    return takePositions(this.pos_embed, this.grid, positions);
  }

  override attentionReceived(image: Tensor): Tensor[] {
    const last = lastOfStages(this.blocks, this.options.depths);
    return inputsOf(this, last, () => this.features(image)).map((x, stage) =>
      receivedBySquares(x, at(last, stage), reductionOf(this.options, stage, false)),
    );
  }
}

function pvtBlocks(options: PvtOptions, generator: Generator): PvtBlock[] {
  const { channels, depths, heads, mlpRatios } = options;
  return depths.flatMap((depth, stage) =>
    Array.from(
      { length: depth },
      (_, i) =>
        new PvtBlock({
          channels: at(channels, stage),
          heads: at(heads, stage),
          mlpRatio: at(mlpRatios, stage),
          channelsBefore: stage > 0 && i === 0 ? at(channels, stage - 1) : undefined,
          generator,
        }),
    ),
  );
}
