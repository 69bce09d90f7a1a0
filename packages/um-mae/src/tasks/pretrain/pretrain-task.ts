/** Pre-training as a task: units are masked, and their pixels predicted. */
import { type Generator, type Tensor, upload } from '@um-mae/torch';
import type { ParameterGroup } from '@um-mae/torch/optim';
import { normaliseImages } from '../../images/normalise.js';
import { checkDrops } from '../../masking/mask.js';
import { buildObjective } from '../../objectives/build.js';
import type { Objective } from '../../objectives/objective.js';
import type { PretrainRecipe } from '../../recipes/pretrain-recipe.js';
import type { Batch, LossContext, Task } from '../../training/task.js';
import { parameterGroups } from './parameter-groups.js';

export class PretrainTask implements Task<Objective> {
  constructor(readonly recipe: PretrainRecipe) {}

  build(generator: Generator): Objective {
    const model = buildObjective(this.recipe, { generator });
    checkDrops(this.recipe.masking, model.grid);
    return model;
  }

  groups(model: Objective): ParameterGroup[] {
    return parameterGroups(model.namedParameters(), this.recipe.optimizer.weightDecay);
  }

  loss(model: Objective, { pixels, indices }: Batch, { generator, device }: LossContext): Tensor {
    const images = normaliseImages(pixels, this.recipe.image, device);
    const { visible, hidden, predicted } = model.drawMask(indices.length, generator);
    return model.forward(images, {
      visible: upload(visible, device),
      hidden: upload(hidden, device),
      predicted: upload(predicted, device),
    });
  }
}
