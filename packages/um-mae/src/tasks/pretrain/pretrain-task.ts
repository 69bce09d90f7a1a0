/** Pre-training as a task: units are masked, and their pixels predicted. */
import { type Generator, type Tensor, upload } from '@um-mae/torch';
import { rowsOf } from '@um-mae/torch/nn';
import type { ParameterGroup } from '@um-mae/torch/optim';
import type { TrainingImages } from '../../data/classified-images.js';
import type { KnownImages } from '../../data/known-images.js';
import { normaliseLevels, uploadLevels } from '../../images/normalise.js';
import { checkDrops, type TrainingMask } from '../../masking/mask.js';
import { buildObjective } from '../../objectives/build.js';
import type { Objective } from '../../objectives/objective.js';
import type { PretrainRecipe } from '../../recipes/pretrain/pretrain-recipe.js';
import type { Evaluation, EvaluationOptions } from '../../training/evaluation.js';
import type { Batch, Loss, LossContext, Task } from '../../training/task.js';
import { parameterGroups } from './parameter-groups.js';
import { measureFeatures, type WatchScores } from './watch.js';

/** A batch on the device: u8 levels [batch, height, width, 3], and its masks. */
export type PretrainInputs = TrainingMask & { readonly levels: Tensor };

export class PretrainTask implements Task<Objective, PretrainInputs> {
  /** @param labelled images with classes that probes of the features are measured on */
  constructor(
    readonly recipe: PretrainRecipe,
    private readonly labelled?: TrainingImages,
  ) {}

  /** Dropped paths are drawn in the middle of a step. */
  get isFixed(): boolean {
    return this.recipe.dropPath === 0;
  }

  build(generator: Generator): Objective {
    const model = buildObjective(this.recipe, { generator });
    checkDrops(this.recipe.masking, model.grid);
    return model;
  }

  groups(model: Objective): ParameterGroup[] {
    return parameterGroups(model.namedParameters(), this.recipe.optimizer.weightDecay);
  }

  inputs(
    model: Objective,
    { pixels, indices }: Batch,
    { generator, device, rows }: LossContext,
  ): PretrainInputs {
    const mask = model.drawMask(rows?.of ?? indices.length, generator);
    const own = (all: Tensor) => upload(rows ? rowsOf(all, rows) : all, device);
    return {
      levels: uploadLevels(pixels, this.recipe.image, device),
      visible: own(mask.visible),
      hidden: own(mask.hidden),
      predicted: own(mask.predicted),
    };
  }

  loss(model: Objective, { levels, ...mask }: PretrainInputs): Loss {
    return { total: model.forward(normaliseLevels(levels), mask), parts: {} };
  }

  /**
   * Measures the features that the encoder makes of some of the images, and of those with classes.
   */
  async evaluate(
    { encoder: backbone }: Objective,
    { images }: KnownImages,
    { device, workers, team, signal }: EvaluationOptions,
  ): Promise<Evaluation<WatchScores> | undefined> {
    const { image, watch } = this.recipe;
    const source = { backbone, image, device };
    const sets = { images, most: watch.rankImages, labelled: this.labelled };
    return measureFeatures(source, { ...sets, workers, team, signal });
  }
}
