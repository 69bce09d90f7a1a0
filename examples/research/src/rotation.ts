/**
 * An objective of one's own: to tell by how many quarter turns an image was turned, as in RotNet
 * (Gidaris et al. 2018, arXiv:1803.07728, section 2.1). Images are square.
 */
import { crossEntropy, type Generator, randint, stack, type Tensor } from '@um-mae/torch';
import { Linear } from '@um-mae/torch/nn';
import {
  type Backbone,
  buildBackbone,
  Objective,
  type ObjectiveParts,
  type OwnObjective,
  type PretrainRecipe,
} from 'um-mae';

interface Turns {
  /** Quarter turns of each image, i64 [batch]. */
  readonly turns: Tensor;
}

class Rotation extends Objective<Turns> {
  readonly encoder: Backbone;
  readonly head: Linear;

  constructor({ backbone, image }: PretrainRecipe, parts: ObjectiveParts) {
    super();
    this.encoder = buildBackbone(backbone, image, parts);
    this.head = new Linear(this.encoder.width, 4, parts);
  }

  draw(batch: number, generator: Generator): Turns {
    return { turns: randint(0, 4, [batch], { generator, dtype: 'i64' }) };
  }

  forward(images: Tensor, { turns }: Turns): Tensor {
    const turned = images.transpose(2, 3);
    const all = stack([images, turned.flip([2]), images.flip([2, 3]), turned.flip([3])]);
    const chosen = all.takeAlongDim(turns.view([1, -1, 1, 1, 1]), { dim: 0 }).at(0);
    const map = this.encoder.features(chosen).at(-1) ?? chosen;
    return crossEntropy(this.head.forward(map.mean([1, 2])), turns);
  }
}

/** RotNet on any backbone. */
export const rotation: OwnObjective = {
  name: 'rotation',
  build: (recipe, parts) => new Rotation(recipe, parts),
};
