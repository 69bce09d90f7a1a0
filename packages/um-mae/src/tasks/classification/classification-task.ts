/** Fine-tuning as a task: images are erased in part and mixed, and their classes predicted. */
import { type Generator, randint, scope, type Tensor, tensor, upload } from '@um-mae/torch';
import type { ParameterGroup } from '@um-mae/torch/optim';
import { blocksOf } from '../../backbones/parts/blocks/residual-block.js';
import { drawMixing, mixImages, softTargets } from '../../data/augmentation/mixing.js';
import { drawErasing, eraseImages } from '../../data/augmentation/random-erasing.js';
import type { KnownImages } from '../../data/known-images.js';
import { batchOf } from '../../data/loading/loader.js';
import type { Classifier } from '../../heads/classifier.js';
import { normaliseImages } from '../../images/normalise.js';
import { seededRandom } from '../../random.js';
import type { FinetuneRecipe } from '../../recipes/finetune/finetune-recipe.js';
import type { Evaluation, EvaluationOptions } from '../../training/evaluation.js';
import { layerDecayGroups } from '../../training/steps/layer-decay.js';
import type { Batch, Loss, LossContext } from '../../training/task.js';
import type { StartReport } from '../../weights/initial/initial-weights.js';
import type { Weights } from '../../weights/open-weights.js';
import { type HeadWeights, headOrder, orderNotes, withHeadOrder } from '../head-classes.js';
import type { StartedTask } from '../labelled-task.js';
import { buildClassifier, fitClassifier, rowsOfClass } from './classifier-weights.js';
import { evaluationOf, labelOf } from './evaluation/evaluation.js';
import { softTargetCrossEntropy } from './soft-target-cross-entropy.js';

export interface ClassificationTaskOptions {
  readonly recipe: FinetuneRecipe;
  /**
   * The weights that the classifier is initialised with, dropped once it is built. Undefined from
   * scratch, or if a checkpoint is loaded later.
   */
  readonly start?: (HeadWeights & Partial<Pick<Weights, 'beside' | 'notes'>>) | undefined;
}

/**
 * Images after all augmentation, [batch, 3, height, width], and how much they are of each class,
 * [batch, classes].
 */
export interface ClassificationInputs {
  readonly images: Tensor;
  readonly targets: Tensor;
}

export class ClassificationTask implements StartedTask<Classifier, number> {
  start: StartReport | undefined;

  private readonly order: readonly number[] | undefined;

  /** @throws CheckpointError when the initial weights have a head for other classes */
  constructor(private readonly options: ClassificationTaskOptions) {
    const { start } = options;
    const { head } = options.recipe;
    const wanted = { classes: head.classes, isNew: head.new, rowsOf: rowsOfClass };
    this.order = start && headOrder(start, wanted);
  }

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
      const { path, recipe: own, beside, notes = [] } = start;
      const isOwn = own !== undefined;
      this.start = scope(() => {
        const options = { path, newHead: head.new, resizePositions, isOwn, beside };
        const tensors = withHeadOrder(start.tensors, this.order, rowsOfClass);
        const found = fitClassifier(model, tensors, options);
        model.loadState(found.tensors, { allow: found.missing });
        const { missing, leftOut, resized } = found;
        return { missing, leftOut, resized, notes: [...notes, ...orderNotes(this.order)] };
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

  /** A black image, of the first class. */
  blank(): Batch<number> {
    const { height, width } = this.recipe.image;
    return batchOf(new Uint8Array(height * width * 3), { height, width }, [0]);
  }

  inputs(
    _: Classifier,
    { pixels, targets }: Batch<number>,
    context: LossContext,
  ): ClassificationInputs {
    const { generator, device, rows } = context;
    const { image, augmentation, head } = this.recipe;
    const { labelSmoothing: smoothing, cutmixShare, ...mixes } = this.recipe.mixing;
    const random = seededRandom(randint(0, 2 ** 31, [], { generator, dtype: 'i64' }).number());
    const shape = { images: rows?.of ?? targets.length, ...image };
    const rectangles = drawErasing({ probability: augmentation.erasing }, shape, random);
    const mixing = drawMixing({ ...mixes, cutmixShare }, shape, random);
    const images = normaliseImages(pixels, image, device);
    const mixed = mixImages(eraseImages(images, rectangles, { generator, rows }), mixing);
    const labels = upload(tensor(targets.map(labelOf), { dtype: 'i64' }), device);
    const soft = softTargets(labels, { classes: head.classes.length, smoothing, mixing });
    return { images: mixed, targets: soft };
  }

  loss(model: Classifier, { images, targets }: ClassificationInputs): Loss {
    return { total: softTargetCrossEntropy(model.forward(images), targets), parts: {} };
  }

  evaluate(
    model: Classifier,
    evaluated: KnownImages<number>,
    options: EvaluationOptions,
  ): Promise<Evaluation | undefined> {
    return evaluationOf(model, evaluated, { ...options, classes: this.recipe.head.classes });
  }
}
