/** Predictions for image files, drawn, by one process or by several in parts. */
import { basename } from 'node:path';
import { inParts, type PartItem, type PartOptions } from '../../data/loading/in-parts.js';
import type { AnyLabelledRecipe } from '../../recipes/kind.js';
import type { TrainedModel } from '../../training/task.js';
import { weightsDigest } from '../../weights/weights-digest.js';
import type { LabelledTask, Prediction, PredictOptions } from '../labelled-task.js';

/** A picture of a prediction. */
export type PictureKind = keyof NonNullable<Prediction['pictures']>;

/** A prediction with the pictures that are wanted, as PNGs. */
export interface DrawnPrediction extends Omit<Prediction, 'pictures'> {
  /** Missing where the task has none. */
  readonly pictures?: readonly (readonly [kind: PictureKind, png: Uint8Array])[];
}

interface DrawingOptions extends PredictOptions, PartOptions {
  /** The pictures that are wanted. */
  readonly draws: readonly PictureKind[];
}

/**
 * Predicts what image files show. Several processes have the files in folders of any names.
 *
 * @yields the predictions of each part in their order; in processes that do not lead none
 * @throws UmMaeError when processes have other networks or files than the first
 */
export async function* drawnPredictions(
  task: LabelledTask,
  trained: { readonly model: TrainedModel; readonly recipe: AnyLabelledRecipe },
  paths: readonly string[],
  { draws, ...options }: DrawingOptions,
): AsyncGenerator<PartItem<DrawnPrediction>, void, undefined> {
  const { team, signal } = options;
  await team?.agreeOn({
    recipe: trained.recipe,
    weights: weightsDigest(trained.model.state()),
    images: paths.map((path) => basename(path)),
  });
  yield* inParts(drawn(task.predict(trained, paths, options), draws), { team, signal });
}

async function* drawn(
  predictions: AsyncIterable<Prediction>,
  draws: readonly PictureKind[],
): AsyncGenerator<DrawnPrediction, void, undefined> {
  for await (const { pictures, ...prediction } of predictions) {
    if (!pictures) yield prediction;
    else {
      const wanted = draws.map(async (kind) => [kind, await pictures[kind]()] as const);
      yield { ...prediction, pictures: await Promise.all(wanted) };
    }
  }
}
