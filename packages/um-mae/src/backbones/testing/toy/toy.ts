/** The network of the toy family: strided convolutions between stages, and an MLP on each token. */
import type { Generator, Tensor } from '@um-mae/torch';
import { LayerNorm } from '@um-mae/torch/nn';
import { at } from '../../../at.js';
import { Backbone, type BackboneParts, type Encoded } from '../../backbone.js';
import { Mlp } from '../../parts/blocks/mlp.js';
import { ResidualBlock } from '../../parts/blocks/residual-block.js';
import { Downsample } from '../../parts/grid/downsample.js';
import { PatchEmbedding } from '../../parts/grid/patch-embedding.js';
import type { PatchGrid } from '../../parts/grid/patch-grid.js';
import { type ToyOptions, toy } from './family.js';

/** A toy encoder. */
export class Toy extends Backbone {
  readonly patch_embed: PatchEmbedding;
  readonly blocks: readonly ToyBlock[];
  readonly norm: LayerNorm | undefined;

  constructor(
    readonly options: ToyOptions,
    { generator, finalNorm = true }: BackboneParts,
  ) {
    super(toy.shape(options));
    const { mlpRatio, patch } = options;
    const channels = at(options.channels, 0);
    this.patch_embed = new PatchEmbedding({ channels, patch, bias: 'zero', generator });
    this.blocks = options.channels.map((own, stage) => {
      const before = stage > 0 ? at(options.channels, stage - 1) : undefined;
      return new ToyBlock(own, before, { mlpRatio, generator });
    });
    this.norm = finalNorm ? new LayerNorm(this.width, { epsilon: this.epsilon }) : undefined;
  }

  forward(grid: PatchGrid): Encoded {
    let x = this.patch_embed.forward(grid);
    const maps = this.blocks.map((block) => {
      x = block.forward(x);
      return x;
    });
    return { maps: [...maps.slice(0, -1), this.norm ? this.norm.forward(x) : x] };
  }
}

class ToyBlock extends ResidualBlock {
  readonly norm1: LayerNorm;
  readonly mlp: Mlp;
  readonly downsample: Downsample | undefined;

  constructor(
    channels: number,
    before: number | undefined,
    { mlpRatio, generator }: { readonly mlpRatio: number; readonly generator: Generator },
  ) {
    super();
    this.norm1 = new LayerNorm(channels);
    this.mlp = new Mlp({ channels, ratio: mlpRatio, generator });
    this.downsample = before ? new Downsample(before, channels, { generator }) : undefined;
  }

  /** @param x [batch, height, width, channels]; with `downsample` twice as high and wide */
  protected compute(x: Tensor): Tensor {
    const grid = this.downsample ? this.downsample.forward(x) : x;
    return grid.add(this.dropPath.forward(this.mlp.forward(this.norm1.forward(grid))));
  }
}
