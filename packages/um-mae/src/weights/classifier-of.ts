/** A classifier that fine-tuning has left behind. */
import { Generator, noGrad, resolveDevice } from '@um-mae/torch';
import { CheckpointError } from '../errors.js';
import type { Classifier } from '../heads/classifier.js';
import type { FinetuneRecipe } from '../recipes/finetune-recipe.js';
import { buildClassifier } from './classifier-weights.js';
import { isFinetuned, openWeights, type Weights } from './open-weights.js';

export interface TrainedClassifier {
  /** The network, in evaluation mode. */
  readonly model: Classifier;
  /** Names of the classes, in the order of the logits. */
  readonly classes: readonly string[];
  readonly recipe: FinetuneRecipe;
  /** The file of weights. */
  readonly path: string;
}

/**
 * Opens the weights of a classifier and builds it.
 *
 * @param path a run of `um-mae finetune`, whose best weights are taken, a checkpoint in it, or a
 *   file of weights
 * @param device where the classifier is to be
 * @throws CheckpointError when there is no classifier
 */
export function readClassifier(path: string, device = 'cpu'): TrainedClassifier {
  using weights = openWeights(path);
  return classifierOf(weights, device);
}

/** @throws CheckpointError when the weights are not those of a classifier with its recipe */
export function classifierOf(weights: Weights, device = 'cpu'): TrainedClassifier {
  const { tensors, recipe, path } = weights;
  if (!recipe || !isFinetuned(recipe)) {
    const got = recipe ? 'those of pre-training' : 'weights without a recipe';
    throw new CheckpointError(
      `Expected a fine-tuned classifier in ${path} but got ${got}.\nMake one by um-mae finetune --from ${path}.`,
    );
  }
  const { classes } = recipe.head;
  const generator = new Generator(0);
  const model = noGrad(() => buildClassifier(recipe, { generator }));
  model.loadState(tensors);
  model.to(resolveDevice(device)).eval();
  return { model, classes, recipe, path };
}
