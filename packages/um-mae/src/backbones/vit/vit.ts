/**
 * Plain vision transformer: full attention of all tokens and a class token.
 *
 * Source: Dosovitskiy et al. 2021, arXiv:2010.11929, section 3.1, with the fixed positions of MAE
 * (He et al. 2022, arXiv:2111.06377).
 */
import { cat, type Tensor, zeros } from '@um-mae/torch';
import { LayerNorm, normal, Parameter } from '@um-mae/torch/nn';
import {
  Backbone,
  type BackboneParts,
  type Encoded,
  type ImageSize,
  type Observer,
} from '../backbone.js';
import { PatchEmbedding } from '../parts/patch-embedding.js';
import { type PatchGrid, takePositions } from '../parts/patch-grid.js';
import { sineCosinePositions } from '../parts/sine-cosine-positions.js';
import { TransformerBlock } from '../parts/transformer-block.js';

export interface VitOptions {
  readonly kind: 'vit';
  readonly channels: number;
  /** Blocks. */
  readonly depth: number;
  /** Attention heads of each block. */
  readonly heads: number;
  /** Patch side, in pixels; also the mask unit's. */
  readonly patch: number;
}

export class Vit extends Backbone {
  /** [1, 1, channels] */
  readonly cls_token: Parameter;
  /**
   * [1, 1 + patches, channels], sine-cosine positions; fixed, unless a classifier trains them. The class token's
   * row starts at zero.
   */
  readonly pos_embed: Tensor;
  readonly patch_embed: PatchEmbedding;
  readonly blocks: readonly TransformerBlock[];
  readonly norm: LayerNorm | undefined;

  readonly hasClassToken = true;

  constructor(
    readonly options: VitOptions,
    { height, width }: ImageSize,
    { generator, finalNorm = true, trainedPositions = false }: BackboneParts,
  ) {
    super();
    const { channels, depth, heads, patch } = options;
    const grid = { rows: height / patch, columns: width / patch };
    this.cls_token = new Parameter(normal([1, 1, channels], 0.02, { generator }));
    const positions = classPositions(grid, channels);
    this.pos_embed = trainedPositions ? new Parameter(positions) : positions;
    this.patch_embed = new PatchEmbedding({
      channels,
      patch,
      norm: false,
      bias: 'uniform',
      generator,
    });
    this.blocks = Array.from(
      { length: depth },
      () => new TransformerBlock({ channels, heads, generator }),
    );
    this.norm = finalNorm ? new LayerNorm(channels, { epsilon: 1e-6 }) : undefined;
  }

  get patch(): number {
    return this.options.patch;
  }

  get channels(): readonly number[] {
    return [this.options.channels];
  }

  get strides(): readonly number[] {
    return [this.options.patch];
  }

  forward(grid: PatchGrid, observe?: Observer): Encoded {
    const tokens = this.patch_embed.forward(grid);
    observe?.('tokens', tokens);
    const [batch, height, width, channels] = tokens.sizes(4);
    const places = this.pos_embed.slice({ dim: 1, start: 1 });
    const placed = tokens.add(takePositions(places, grid.positions));
    const classToken = this.cls_token.add(this.pos_embed.narrow(1, 0, 1));
    let x = cat(
      [classToken.expand([batch, 1, channels]), placed.flatten({ startDim: 1, endDim: 2 })],
      {
        dim: 1,
      },
    );
    observe?.('encoder_input', x);
    for (const [i, block] of this.blocks.entries()) {
      x = block.forward(x);
      observe?.(`block.${i}`, x);
    }
    const latent = this.norm ? this.norm.forward(x) : x;
    observe?.('latent', latent);
    const map = latent.slice({ dim: 1, start: 1 }).reshape([batch, height, width, channels]);
    return { maps: [map], classToken: latent.narrow(1, 0, 1) };
  }
}

/** Positions with a row of zeros for the class token in front: [1, 1 + rows * columns, channels] */
export function classPositions(
  grid: { readonly rows: number; readonly columns: number },
  channels: number,
): Tensor {
  return cat([zeros([1, 1, channels]), sineCosinePositions(grid, channels)], { dim: 1 });
}
