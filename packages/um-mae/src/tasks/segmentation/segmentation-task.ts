/** Segmentation as a task of training: the loss of every labelled pixel, of two heads. */
import { type Generator, scope, type Tensor, tensor, upload, uploadArray } from '@um-mae/torch';
import type { ParameterGroup } from '@um-mae/torch/optim';
import { blocksOf } from '../../backbones/parts/blocks/residual-block.js';
import { batchOf } from '../../data/loading/loader.js';
import { Segmentor } from '../../heads/segmentation/segmentor.js';
import { ignoredClass } from '../../images/masks/class-map.js';
import { normaliseImages } from '../../images/normalise.js';
import type { SegmentationRecipe } from '../../recipes/segmentation/segmentation-recipe.js';
import type { Evaluation, EvaluationOptions } from '../../training/evaluation.js';
import { layerDecayGroups } from '../../training/steps/layer-decay.js';
import type { Batch, Loss, LossContext } from '../../training/task.js';
import type { DenseStart } from '../../weights/initial/dense-weights.js';
import type { StartReport } from '../../weights/initial/initial-weights.js';
import { headOrder, loadInOrder } from '../head-classes.js';
import type { StartedTask } from '../labelled-task.js';
import { evaluateSegmentor } from './evaluation/evaluation.js';
import { pixelLoss } from './pixel-loss.js';
import { type CompleteRecipe, completeRecipe, type SegmentedImages } from './segmented-images.js';

/** The network of a recipe, with first weights. */
export function buildSegmentor(recipe: SegmentationRecipe, generator: Generator): Segmentor {
  const { backbone, image, crop, data, relativePositions } = completeRecipe(recipe);
  const { projection, auxiliary, ...head } = recipe.head;
  const options = {
    backbone,
    image,
    nominal: crop,
    relativePositions,
    projection,
    head,
    auxiliary: auxiliary ?? undefined,
    classes: data.classes.length,
  };
  return new Segmentor(options, { generator });
}

/** Rows of each class in the tensors of a segmentor. */
function rowsOfClass(name: string): number | undefined {
  return /^(?:decode|auxiliary)_head\.conv_seg\./.test(name) ? 1 : undefined;
}

/** A batch on the device: images [batch, 3, height, width], and i64 [batch, height, width]. */
export interface SegmentationInputs {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** The recipe of a run, and the weights that it begins with. */
export interface SegmentationTaskOptions {
  readonly recipe: SegmentationRecipe;
  /**
   * Weights until the network is built; undefined from scratch, and where a checkpoint is loaded.
   */
  readonly start?: DenseStart | undefined;
}

/** Segmentation in a run. */
export class SegmentationTask implements StartedTask<Segmentor, undefined> {
  start: StartReport | undefined;
  /** Dropped channels and paths are drawn in the middle of a step. */
  readonly isFixed = false;
  readonly recipe: CompleteRecipe;

  private readonly order: readonly number[] | undefined;

  /** @throws CheckpointError when the weights to begin with have a head for other classes */
  constructor(private readonly options: SegmentationTaskOptions) {
    this.recipe = completeRecipe(options.recipe);
    const { head, data } = this.recipe;
    const classes = data.classes.map(({ name }) => name);
    const { start } = options;
    this.order = start && headOrder(start, { classes, isNew: head.new, rowsOf: rowsOfClass });
  }

  /** @throws CheckpointError when the weights to begin with do not fit */
  build(generator: Generator): Segmentor {
    const { start } = this.options;
    const { head } = this.recipe;
    const model = buildSegmentor(this.recipe, generator);
    if (start) {
      const rows = { order: this.order, rowsOf: rowsOfClass };
      const rules = { target: model.options.image, newHead: head.new };
      this.start = loadInOrder(model, start, { ...rules, ...rows });
    }
    return model;
  }

  groups(model: Segmentor): ParameterGroup[] {
    const { optimizer, layerDecay, published } = this.recipe;
    const { weightDecay } = optimizer;
    const blocks = blocksOf(model).length;
    const options = { blocks, layerDecay, weightDecay, decaysPositions: published };
    return layerDecayGroups(model.namedParameters(), options);
  }

  /** A crop without labels. */
  blank(): Batch<undefined> {
    const { height, width } = this.recipe.crop;
    const classMaps = new Int32Array(height * width).fill(ignoredClass);
    return {
      ...batchOf<undefined>(new Uint8Array(height * width * 3), { height, width }),
      classMaps,
    };
  }

  inputs(_: Segmentor, batch: Batch, { device }: LossContext): SegmentationInputs {
    const { pixels, classMaps, size } = batch;
    const shape = [batch.indices.length, size.height, size.width];
    const maps = classMaps ?? new Int32Array(shape.reduce((all, side) => all * side, 1));
    return {
      images: normaliseImages(pixels, size, device),
      labels: scope(() => uploadArray(maps, { shape, device }).to('i64')),
    };
  }

  loss(
    model: Segmentor,
    { images, labels }: SegmentationInputs,
    { device, divisor }: LossContext,
  ): Loss {
    const { head, published, classWeights } = this.recipe;
    const weights = Array.isArray(classWeights)
      ? upload(tensor(classWeights, { dtype: 'f32' }), device)
      : undefined;
    const options = {
      ignored: published ? 'counted' : 'left-out',
      classWeights: weights,
      alignCorners: head.alignCorners,
      ignoredLabel: ignoredClass,
      divisor,
    } as const;
    const logits = model.forward(images);
    const decode = pixelLoss(logits.decode, labels, options);
    if (!logits.auxiliary || !head.auxiliary) return { total: decode, parts: {} };
    const auxiliary = pixelLoss(logits.auxiliary, labels, options).mul(head.auxiliary.weight);
    return {
      total: decode.add(auxiliary),
      parts: { decode: decode.detach(), auxiliary: auxiliary.detach() },
    };
  }

  evaluate(
    model: Segmentor,
    evaluated: SegmentedImages,
    options: EvaluationOptions,
  ): Promise<Evaluation | undefined> {
    return evaluateSegmentor({ model, recipe: this.recipe }, evaluated, options);
  }
}
