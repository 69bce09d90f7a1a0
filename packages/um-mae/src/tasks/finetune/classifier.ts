/** Opens a fine-tuned classifier. */
import { CheckpointError } from '../../errors.js';
import { Classifier } from '../../heads/classifier.js';
import type { FinetuneRecipe } from '../../recipes/finetune/finetune-recipe.js';
import { readTrained, type TrainedNetwork } from './trained.js';

export interface TrainedClassifier extends Pick<TrainedNetwork, 'path'> {
  /** The network, in evaluation mode. */
  readonly model: Classifier;
  /** Names of the classes, in the order of the logits. */
  readonly classes: readonly string[];
  readonly recipe: FinetuneRecipe;
}

/**
 * Opens the weights of a classifier and builds it.
 *
 * @param path a run of `um-mae finetune`, whose best weights are taken, a checkpoint in it, or a
 *   file of weights
 * @param device the device of the classifier
 * @throws CheckpointError when there is no classifier
 *
 * @example
 * ```ts
 * import { readClassifier } from 'um-mae';
 *
 * const { classes, recipe } = readClassifier('runs/classes');
 * console.log(classes, recipe.image);
 * ```
 */
export function readClassifier(path: string, device = 'cpu'): TrainedClassifier {
  const { task, model, recipe, path: file } = readTrained(path, { device });
  if (model instanceof Classifier && recipe.task === 'classification')
    return { model, classes: recipe.head.classes, recipe, path: file };
  throw new CheckpointError(`Expected a classifier in ${file} but got a ${task.kind.network}.`);
}
