/** Pre-training as a task: an objective draws, such as which units are masked, and has a loss. */
import { type Generator, type Tensor, upload } from '@um-mae/torch';
import { rowsOf } from '@um-mae/torch/nn';
import type { ParameterGroup } from '@um-mae/torch/optim';
import type { OwnBackbone } from '../../backbones/own.js';
import type { TrainingImages } from '../../data/classified-images.js';
import type { KnownImages } from '../../data/known-images.js';
import { normaliseLevels, uploadLevels } from '../../images/normalise.js';
import { checkDrops } from '../../masking/mask.js';
import { buildObjective } from '../../objectives/build.js';
import { MaskedObjective, type ObjectiveParts } from '../../objectives/masked-objective.js';
import type { Objective } from '../../objectives/objective.js';
import type { PretrainRecipe } from '../../recipes/pretrain/pretrain-recipe.js';
import type { Evaluation, EvaluationOptions } from '../../training/evaluation.js';
import type { Batch, Loss, LossContext, Task } from '../../training/task.js';
import type { StartReport } from '../../weights/initial/initial-weights.js';
import { loadObjective } from '../../weights/initial/objective-weights.js';
import type { Weights } from '../../weights/open-weights.js';
import type { OwnObjective } from './own-objective.js';
import { parameterGroups } from './parameter-groups.js';
import { measureFeatures, type WatchScores } from './watch/watch.js';

/** A batch on the device: u8 levels [batch, height, width, 3], and what was drawn for it. */
export interface PretrainInputs {
  readonly levels: Tensor;
  readonly [drawn: string]: Tensor;
}

/** The parts of pre-training beside its recipe. */
export interface PretrainTaskParts {
  /** Images with classes that probes of the features are measured on. Default: none. */
  readonly labelled?: TrainingImages | undefined;
  /** The objective of another program. Default: that of the recipe's method. */
  readonly objective?: OwnObjective | undefined;
  /** The backbone of another program. Default: none. */
  readonly backbone?: OwnBackbone | undefined;
  /**
   * The weights that the objective is initialised with. Default: none, from scratch, or if a
   * checkpoint is loaded later.
   */
  readonly start?: Weights | undefined;
}

export class PretrainTask implements Task<Objective, PretrainInputs> {
  /** The report on the initial weights, once the objective is built; undefined from scratch. */
  start: StartReport | undefined;

  constructor(
    readonly recipe: PretrainRecipe,
    private readonly parts: PretrainTaskParts = {},
  ) {}

  /** Dropped paths are drawn in the middle of a step; of other programs nothing is known. */
  get isFixed(): boolean {
    const { objective, backbone } = this.parts;
    return this.recipe.dropPath === 0 && !objective && !backbone;
  }

  /** @throws CheckpointError when the initial weights do not fit */
  build(generator: Generator): Objective {
    const { start, backbone: own } = this.parts;
    const model = this.objective({ generator, own });
    if (model instanceof MaskedObjective) checkDrops(model.options.masking, model.grid);
    if (start) this.start = loadObjective(model, start, this.recipe);
    return model;
  }

  private objective(parts: ObjectiveParts): Objective {
    const { recipe } = this;
    const { objective } = this.parts;
    return objective ? objective.build(recipe, parts) : buildObjective(recipe, parts);
  }

  groups(model: Objective): ParameterGroup[] {
    return parameterGroups(model.namedParameters(), this.recipe.optimizer.weightDecay);
  }

  inputs(
    model: Objective,
    { pixels, indices }: Batch,
    { generator, device, rows }: LossContext,
  ): PretrainInputs {
    const draws = model.draw(rows?.of ?? indices.length, generator);
    const own = (all: Tensor) => upload(rows ? rowsOf(all, rows) : all, device);
    const drawn = Object.entries(draws).map(([name, all]: [string, Tensor]) => [name, own(all)]);
    return {
      ...Object.fromEntries(drawn),
      levels: uploadLevels(pixels, this.recipe.image, device),
    };
  }

  loss(model: Objective, { levels, ...draws }: PretrainInputs): Loss {
    return { total: model.forward(normaliseLevels(levels), draws), parts: {} };
  }

  /**
   * Measures the features that the encoder makes of some of the images, and of those with classes.
   */
  async evaluate(
    { encoder: backbone }: Objective,
    { images }: KnownImages,
    { device, workers, team, signal, onProgress }: EvaluationOptions,
  ): Promise<Evaluation<WatchScores> | undefined> {
    const { image, watch } = this.recipe;
    const source = { backbone, image, device };
    const sets = { images, most: watch.rankImages, labelled: this.parts.labelled };
    const pooled = { stages: watch.stages ?? undefined, pooling: watch.pooling ?? undefined };
    const options = { ...pooled, workers, team, signal, onProgress };
    return measureFeatures(source, { ...sets, ...options });
  }
}
