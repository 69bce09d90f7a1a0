/** A backbone and a linear layer that tell the mean colour of an image. */
import { type Generator, noGrad, scope, type Tensor } from '@um-mae/torch';
import { Linear, Module } from '@um-mae/torch/nn';
import type { ParameterGroup } from '@um-mae/torch/optim';
import type { Backbone } from '../../../backbones/backbone.js';
import { buildBackbone } from '../../../backbones/build.js';
import { fullGrid } from '../../../backbones/parts/grid/patch-grid.js';
import type { KnownImages } from '../../../data/known-images.js';
import { middleLoader } from '../../../data/loading/middle-loader.js';
import type { SkippedImage } from '../../../data/loading/unreadable.js';
import { normaliseImages } from '../../../images/normalise.js';
import type { StartedTask } from '../../../tasks/labelled-task.js';
import type { Evaluation, EvaluationOptions } from '../../../training/evaluation.js';
import type { Batch, Loss, LossContext } from '../../../training/task.js';
import { encoderTensors } from '../../../weights/initial/encoder-weights.js';
import type { StartReport } from '../../../weights/initial/initial-weights.js';
import type { Weights } from '../../../weights/open-weights.js';
import type { MeanColourRecipe } from './recipe.js';

export class MeanColourModel extends Module {
  readonly encoder: Backbone;
  readonly colour: Linear;

  constructor({ backbone, image }: MeanColourRecipe, generator: Generator) {
    super();
    this.encoder = buildBackbone(backbone, image, { generator, finalNorm: false });
    this.colour = new Linear(this.encoder.width, 3, { generator });
  }

  /** Tensors of the encoder have no prefix, so that anything that takes an encoder finds them. */
  override *children(): ReturnType<Module['children']> {
    for (const [name, child] of super.children()) yield [child === this.encoder ? '' : name, child];
  }

  /** [batch, 3, height, width] -> [batch, 3] */
  forward(images: Tensor): Tensor {
    const { maps } = this.encoder.forward(fullGrid(images, this.encoder.patch));
    const [last] = maps.slice(-1);
    return this.colour.forward((last ?? images).mean([1, 2]));
  }
}

export class MeanColourTask implements StartedTask<MeanColourModel, undefined> {
  readonly isFixed = true;
  start: StartReport | undefined;

  constructor(
    readonly recipe: MeanColourRecipe,
    private readonly weights?: Weights,
  ) {}

  build(generator: Generator): MeanColourModel {
    const model = new MeanColourModel(this.recipe, generator);
    if (!this.weights) return model;
    const { path, tensors, notes } = this.weights;
    const taken = encoderTensors(tensors, model.encoder, { path, resizePositions: false });
    model.encoder.loadState(taken);
    this.start = {
      missing: [...model.colour.state().keys()].map((name) => `colour.${name}`),
      leftOut: [...tensors.keys()].filter((name) => !taken.has(name)),
      resized: [],
      notes,
    };
    return model;
  }

  groups(model: MeanColourModel): ParameterGroup[] {
    return [{ parameters: model.namedParameters(), weightDecay: 0 }];
  }

  inputs(_: MeanColourModel, { pixels, size }: Batch, { device }: LossContext) {
    return { images: normaliseImages(pixels, size, device) };
  }

  loss(model: MeanColourModel, { images }: { readonly images: Tensor }): Loss {
    const squares = model
      .forward(images)
      .sub(images.mean([2, 3]))
      .pow(2);
    const [red, green, blue] = [0, 1, 2].map((colour) => squares.select(1, colour).mean().detach());
    const parts = Object.entries({ red, green, blue }).flatMap(([name, part]) =>
      part ? [[name, part] as const] : [],
    );
    return { total: squares.mean(), parts: Object.fromEntries(parts) };
  }

  async evaluate(
    model: MeanColourModel,
    { images }: KnownImages,
    { device, workers, batchSize }: EvaluationOptions,
  ): Promise<Evaluation> {
    const loader = middleLoader(images, { image: this.recipe.image, workers, batchSize });
    const skipped: SkippedImage[] = [];
    let [sum, count] = [0, 0];
    try {
      for await (const { pixels, size, indices, skipped: unreadable } of loader.epoch(0)) {
        skipped.push(...unreadable);
        if (indices.length === 0) continue;
        const input = { images: normaliseImages(pixels, size, device) };
        const error = scope(() => noGrad(() => this.loss(model, input).total.number()));
        input.images.dispose();
        [sum, count] = [sum + error * indices.length, count + indices.length];
      }
    } finally {
      await loader.close();
    }
    return { scores: { error: sum / count }, images: images.count, skipped };
  }
}
