/** Fine-tuning as a task: images are erased in part and mixed, and their classes predicted. */
import { ok as assert } from 'node:assert';
import { type Generator, randint, scope, type Tensor, tensor, upload } from '@um-mae/torch';
import type { ParameterGroup } from '@um-mae/torch/optim';
import { blocksOf } from '../../backbones/parts/residual-block.js';
import { drawMixing, mixImages, softTargets } from '../../data/augmentation/mixing.js';
import { drawErasing, eraseImages } from '../../data/augmentation/random-erasing.js';
import type { Classifier } from '../../heads/classifier.js';
import { normaliseImages } from '../../images/normalise.js';
import { seededRandom } from '../../random.js';
import type { FinetuneRecipe } from '../../recipes/finetune-recipe.js';
import { layerDecayGroups } from '../../training/layer-decay.js';
import type { Batch, Loss, LossContext, Task } from '../../training/task.js';
import {
  buildClassifier,
  type ClassifierFit,
  fitClassifier,
} from '../../weights/classifier-weights.js';
import type { Weights } from '../../weights/open-weights.js';
import { softTargetCrossEntropy } from './soft-target-cross-entropy.js';

export interface FinetuneTaskOptions {
  readonly recipe: FinetuneRecipe;
  /**
   * The weights that the classifier is initialised with, dropped once it is built. Undefined from
   * scratch, or if a checkpoint is loaded later.
   */
  readonly start?:
    | (Pick<Weights, 'path' | 'tensors'> & Partial<Pick<Weights, 'recipe' | 'beside' | 'notes'>>)
    | undefined;
}

/**
 * Images after all augmentation, [batch, 3, height, width], and how much they are of each class,
 * [batch, classes].
 */
export interface FinetuneInputs {
  readonly images: Tensor;
  readonly targets: Tensor;
}

/** A report on which of the initial weights were used, with sentences about how they were found. */
export type FitReport = Omit<ClassifierFit, 'tensors'> & Pick<Weights, 'notes'>;

export class FinetuneTask implements Task<Classifier, FinetuneInputs, number> {
  /** The report on which of the initial weights were used. */
  fit: FitReport | undefined;

  constructor(private readonly options: FinetuneTaskOptions) {}

  get recipe(): FinetuneRecipe {
    return this.options.recipe;
  }

  /** Dropped paths are drawn in the middle of a step. */
  get isFixed(): boolean {
    return this.recipe.dropPath === 0;
  }

  /** @throws CheckpointError when the initial weights do not fit */
  build(generator: Generator): Classifier {
    const { start, recipe } = this.options;
    const { head, resizePositions } = recipe;
    const model = buildClassifier(recipe, { generator });
    if (start) {
      const { path, tensors, recipe: own, beside, notes = [] } = start;
      const isOwn = own !== undefined;
      this.fit = scope(() => {
        const options = { path, newHead: head.new, resizePositions, isOwn, beside };
        const found = fitClassifier(model, tensors, options);
        model.loadState(found.tensors, { allow: found.missing });
        const { missing, leftOut, resized } = found;
        return { missing, leftOut, resized, notes };
      });
    }
    return model;
  }

  groups(model: Classifier): ParameterGroup[] {
    const { optimizer, layerDecay } = this.recipe;
    const blocks = blocksOf(model).length;
    const { weightDecay } = optimizer;
    return layerDecayGroups(model.namedParameters(), { blocks, layerDecay, weightDecay });
  }

  inputs(_: Classifier, { pixels, targets }: Batch<number>, context: LossContext): FinetuneInputs {
    const { generator, device } = context;
    const { image, augmentation, head } = this.recipe;
    const { labelSmoothing: smoothing, cutmixShare, ...mixes } = this.recipe.mixing;
    const random = seededRandom(randint(0, 2 ** 31, [], { generator, dtype: 'i64' }).number());
    const shape = { images: targets.length, ...image };
    const rectangles = drawErasing({ probability: augmentation.erasing }, shape, random);
    const mixing = drawMixing({ ...mixes, cutmixShare }, shape, random);
    const images = normaliseImages(pixels, image, device);
    const mixed = mixImages(eraseImages(images, rectangles, generator), mixing);
    const labels = upload(tensor(targets.map(labelOf), { dtype: 'i64' }), device);
    const soft = softTargets(labels, { classes: head.classes.length, smoothing, mixing });
    return { images: mixed, targets: soft };
  }

  loss(model: Classifier, { images, targets }: FinetuneInputs): Loss {
    return { total: softTargetCrossEntropy(model.forward(images), targets), parts: {} };
  }
}

function labelOf(target: number | undefined): number {
  assert(target !== undefined, 'every image that a classifier learns from has a class');
  return target;
}
