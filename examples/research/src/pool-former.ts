/**
 * A backbone of one's own: tokens are mixed by pooling, as in PoolFormer (Yu et al. 2022,
 * arXiv:2111.11418, section 3.1), in one stage. It takes the compact grids of uniform masking.
 */
import { avgPool2d, type Generator, type Tensor } from '@um-mae/torch';
import { LayerNorm, Linear } from '@um-mae/torch/nn';
import {
  Backbone,
  type BackboneParts,
  type BackboneShape,
  type Encoded,
  type OwnBackbone,
  PatchEmbedding,
  type PatchGrid,
  ResidualBlock,
} from 'um-mae';

const [patch, channels, depth, epsilon] = [8, 32, 3, 1e-6];
const shape: BackboneShape = {
  patch,
  channels: [channels],
  strides: [patch],
  unit: patch,
  unitsPerToken: 1,
  epsilon,
  hasClassToken: false,
  needsGrid: true,
};

class PoolBlock extends ResidualBlock {
  readonly norm = new LayerNorm(channels, { epsilon });
  readonly fc1: Linear;
  readonly fc2: Linear;

  constructor(generator: Generator) {
    super();
    this.fc1 = new Linear(channels, 4 * channels, { generator });
    this.fc2 = new Linear(4 * channels, channels, { generator });
  }

  /** @param x [batch, height, width, channels] */
  protected compute(x: Tensor): Tensor {
    const around = avgPool2d(x.permute([0, 3, 1, 2]), [3, 3], {
      stride: [1, 1],
      padding: [1, 1],
      countIncludePad: false,
    });
    const mixed = x.add(this.dropPath.forward(around.permute([0, 2, 3, 1]).sub(x)));
    const hidden = this.fc1.forward(this.norm.forward(mixed)).gelu();
    return mixed.add(this.dropPath.forward(this.fc2.forward(hidden)));
  }
}

class PoolFormer extends Backbone {
  readonly patch_embed: PatchEmbedding;
  readonly blocks: readonly PoolBlock[];
  readonly norm: LayerNorm | undefined;

  constructor({ generator, finalNorm = true }: BackboneParts) {
    super(shape);
    this.patch_embed = new PatchEmbedding({ channels, patch, bias: 'zero', generator });
    this.blocks = Array.from({ length: depth }, () => new PoolBlock(generator));
    this.norm = finalNorm ? new LayerNorm(channels, { epsilon }) : undefined;
  }

  forward(grid: PatchGrid): Encoded {
    const embedded = this.patch_embed.forward(grid);
    const x = this.blocks.reduce((tokens, block) => block.forward(tokens), embedded);
    return { maps: [this.norm ? this.norm.forward(x) : x] };
  }
}

/** A small PoolFormer on patches of 8 pixels. */
export const poolFormer: OwnBackbone = {
  name: 'pool-former',
  shape,
  values: { depth },
  build: (_, parts) => new PoolFormer(parts),
};
