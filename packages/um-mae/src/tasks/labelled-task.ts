/**
 * The contract of tasks on labelled images, of which something is known: `um-mae finetune`, and the
 * commands after it, ask a task for all that differs between tasks.
 */
import type { Generator } from '@um-mae/torch';
import type { KnownImages } from '../data/known-images.js';
import type { PartOptions } from '../data/loading/in-parts.js';
import type { BatchShare, ImageLoader } from '../data/loading/loader.js';
import type { SkippedImage } from '../data/loading/unreadable.js';
import type { AnnotatedImage } from '../data/objects/annotations.js';
import type { ReadingOptions } from '../data/reading-options.js';
import type { Remark } from '../data/sources/remarks.js';
import type { ExportedNetwork } from '../export/onnx/exported-network.js';
import type { AnyLabelledRecipe } from '../recipes/kind.js';
import type { LabelledKind } from '../recipes/recipe-kind.js';
import type { LabelledRecipe } from '../recipes/training-recipe.js';
import type { Task, TrainedModel } from '../training/task.js';
import type { StartReport } from '../weights/initial/initial-weights.js';
import type { Weights } from '../weights/open-weights.js';

/** The images of a recipe and their labels. */
export interface LabelledData<Recipe extends LabelledRecipe, Known> {
  /** The recipe with what the data tell, such as the names of the classes. */
  readonly recipe: Recipe;
  readonly train: KnownImages<Known>;
  /** Images that are not learnt from. */
  readonly evaluated: KnownImages<Known>;
  /** Tells the images that are learnt from, and all that is known of them, from any others. */
  readonly digest: string;
  /** Files among those that are learnt from that are no images. */
  readonly ignored: number;
  /** Notes on things passed over, and on choices where the images can be read in two ways. */
  readonly remarks?: readonly Remark[];
  /** Names of the classes, in the order of their numbers; none where a task has none. */
  readonly classes: readonly string[];
  /** Lines for people on what was recognised in the data, and on what looks odd. Default: none. */
  readonly findings?: readonly string[];
}

/** A task in a run. */
export interface StartedTask<Model extends TrainedModel, Known> extends Task<Model, object, Known> {
  /** The report on the initial weights, once the network is built; undefined from scratch. */
  readonly start: StartReport | undefined;
}

/** The way in which batches to train on are made. */
export interface LoadingOptions {
  /** Decoding threads. */
  readonly workers: number;
  /** The share of every batch to load. Default: all of it. */
  readonly share?: BatchShare | undefined;
}

/** Images to evaluate on instead of those of the recipe. */
export interface OtherImages extends ReadingOptions {
  readonly path?: string | undefined;
}

/** Images to evaluate on, and where they are. */
export interface EvaluatedImages<Known> extends KnownImages<Known> {
  readonly path: string;
  readonly remarks?: readonly Remark[];
}

export interface PredictOptions extends Pick<PartOptions, 'team'> {
  /** The device of the network. Default `cpu`. */
  readonly device?: string | undefined;
  /** Decoding threads. Default 1. */
  readonly workers?: number | undefined;
  /** Number of classes to list for each image, the likeliest first. Default 5. */
  readonly top?: number | undefined;
  /** The score from which on objects are drawn, told in words and written as labels. Default 0.3. */
  readonly leastScore?: number | undefined;
}

/** The prediction of a network for one image. */
export interface Prediction {
  readonly path: string;
  /** The prediction as JSON and, below, for people. */
  readonly report: object;
  readonly text: string;
  /** PNGs of it: what `--out` and `--overlay` write. Missing where a task has none. */
  readonly pictures?: Readonly<Record<'out' | 'overlay', () => Promise<Buffer>>>;
  /** The image with its objects, for label files. Missing where a task finds none. */
  readonly annotated?: AnnotatedImage;
  /** The reason why the image cannot be read, where it cannot. */
  readonly unreadable?: string;
}

/** Stands in the place of the prediction for an image that cannot be read. */
export function unreadablePrediction({ path, reason }: SkippedImage): Prediction {
  return { path, report: { unreadable: reason }, text: reason, unreadable: reason };
}

/** @template Known what is known of an image */
export interface LabelledTask<
  Recipe extends LabelledRecipe = AnyLabelledRecipe,
  Model extends TrainedModel = TrainedModel,
  Known = unknown,
> {
  readonly kind: LabelledKind<Recipe>;

  /** @throws DataError when the images or their labels are of no use */
  open(recipe: Recipe): Promise<LabelledData<Recipe, Known>>;

  /**
   * Opens images to evaluate a trained network on, by default those of its recipe.
   *
   * @returns them, and where they are
   */
  openEvaluated(recipe: Recipe, other: OtherImages): Promise<EvaluatedImages<Known>>;

  /**
   * Makes the task of a complete recipe.
   *
   * @param start the initial weights, which the network takes when it is built; undefined from
   *   scratch
   * @throws CheckpointError when they are of no use, as far as a recipe beside them tells
   */
  begin(recipe: Recipe, start?: Weights): StartedTask<Model, Known>;

  /** Makes batches to train on. */
  load(data: LabelledData<Recipe, Known>, options: LoadingOptions): ImageLoader<Known>;

  /** Builds the network of a recipe, initialised. */
  network(recipe: Recipe, generator: Generator): Model;

  /** Whether a tensor of this name belongs to the network's own part, and not to its backbone. */
  isHead(name: string): boolean;

  /**
   * Predicts what images show.
   *
   * @param trained the network in evaluation mode
   * @param paths image files, of which each of several processes predicts its part
   * @throws DataError naming an image that cannot be read
   */
  predict(
    trained: { readonly model: Model; readonly recipe: Recipe },
    paths: readonly string[],
    options: PredictOptions,
  ): AsyncGenerator<Prediction, void, undefined>;

  /** The network as exports write it; missing where a task has no form for it. */
  exported?(model: Model, recipe: Recipe): ExportedNetwork;
}
