/** The contract between the training loop, which all tasks share, and a task. */
import type { Generator, Tensor } from '@um-mae/torch';
import type { BatchRows, Divisor, Module } from '@um-mae/torch/nn';
import type { ParameterGroup } from '@um-mae/torch/optim';
import type { Backbone } from '../backbones/backbone.js';
import type { KnownImages } from '../data/known-images.js';
import type { ImageBatch } from '../data/loading/loader.js';
import type { TrainingRecipe } from '../recipes/training-recipe.js';
import type { Evaluation, EvaluationOptions } from './evaluation.js';

/**
 * A network around a backbone, whose tensors have no prefix: whatever takes an encoder finds them
 * in a checkpoint.
 */
export interface TrainedModel extends Module {
  readonly encoder: Backbone;
}

/** A batch of images with their sizes and targets. */
export type Batch<Known = unknown> = Omit<ImageBatch<Known>, 'paths' | 'skipped'>;

/** The generator and the device for computing the loss of a batch. */
export interface LossContext {
  /** Draws whatever the task draws: masks, mixtures, noise. On the CPU, whatever the device. */
  readonly generator: Generator;
  readonly device: string;
  /**
   * The images of this batch among those of a batch that several processes share: each then draws
   * for all of them, and takes its own rows.
   */
  readonly rows?: BatchRows | undefined;
  /**
   * Divides the sums of losses that are means over anything but images: over pixels, or objects.
   * Default: by the counts of this batch.
   */
  readonly divisor?: Divisor | undefined;
}

/** The loss of one batch, which a training step minimises. */
export interface Loss {
  /** The mean over the images of the batch, or over what `divisor` counts: a scalar. */
  readonly total: Tensor;
  /**
   * The terms that `total` is the sum of, by name: scalars without a gradient, for the log only.
   */
  readonly parts: Readonly<Record<string, Tensor>>;
}

/**
 * @template Inputs what a step computes its loss from, on the device
 * @template Known what is known of an image
 */
export interface Task<
  Model extends TrainedModel = TrainedModel,
  Inputs extends object = object,
  Known = unknown,
> {
  readonly recipe: TrainingRecipe;

  /**
   * Whether the inputs of all full batches are tensors of the same shapes, from which the loss
   * follows without drawing and without waiting for the device: then a GPU records a step once.
   */
  readonly isFixed: boolean;

  /**
   * The network with its first weights, on the CPU.
   *
   * @throws UmMaeError when backbone, image size and what else the recipe asks for do not fit
   *   together
   */
  build(generator: Generator): Model;

  /** Groups the parameters that the optimizer treats alike. */
  groups(model: Model): ParameterGroup[];

  /**
   * A batch of one image that stands for none, in a process whose images of a batch are all
   * unreadable: it takes part in what is drawn, and counts nothing. Default: a black image of
   * `recipe.image` of which nothing is known.
   */
  blank?(): Batch<Known>;

  /** Draws what a step on a batch of at least one image draws, and takes all to the device. */
  inputs(model: Model, batch: Batch<Known>, context: LossContext): Inputs;

  /**
   * The loss, without waiting for the device and, where `isFixed`, without drawing or uploading.
   */
  loss(model: Model, inputs: Inputs, context: LossContext): Loss;

  /**
   * Measures the network on images that it does not learn from. It draws no number of the run's,
   * and leaves the network as it is: training goes on as if nothing had been.
   *
   * @returns of several processes, in the one that leads; in the others nothing
   */
  evaluate(
    model: Model,
    evaluated: KnownImages<Known>,
    options: EvaluationOptions,
  ): Promise<Evaluation | undefined>;
}
