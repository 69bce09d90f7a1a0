/** Opens the network of a fine-tuning run, whatever its task. */
import { Generator, noGrad, resolveDevice } from '@um-mae/torch';
import { CheckpointError } from '../../errors.js';
import { type AnyLabelledRecipe, isLabelled } from '../../recipes/kind.js';
import type { TrainedModel } from '../../training/task.js';
import { openWeights, type Weights } from '../../weights/open-weights.js';
import type { LabelledTask } from '../labelled-task.js';
import { labelledTaskOf } from '../labelled-tasks.js';

export interface TrainedNetwork {
  readonly task: LabelledTask;
  /** The network, in evaluation mode. */
  readonly model: TrainedModel;
  readonly recipe: AnyLabelledRecipe;
  /** The file of weights. */
  readonly path: string;
}

/**
 * Opens the weights of a fine-tuned network and builds it.
 *
 * @param path a run of `um-mae finetune`, whose best weights are taken, a checkpoint in it, or a
 *   file of weights
 * @param device the device of the network
 * @param entry the weights to take of a file that holds several sets, such as `model_ema`
 * @throws CheckpointError when there is none
 */
export function readTrained(path: string, device = 'cpu', entry?: string): TrainedNetwork {
  using weights = openWeights(path, undefined, entry);
  return trainedOf(weights, device);
}

/**
 * @throws CheckpointError when the weights are not those of a fine-tuned network with its recipe
 */
export function trainedOf(weights: Weights, device = 'cpu'): TrainedNetwork {
  const { tensors, recipe, path } = weights;
  if (!recipe || !isLabelled(recipe)) {
    const got = recipe ? 'those of pre-training' : 'weights without a recipe';
    throw new CheckpointError(
      `Expected a fine-tuned network in ${path} but got ${got}.\nMake one by um-mae finetune --from ${path}.`,
    );
  }
  const task = labelledTaskOf(recipe);
  const model = noGrad(() => task.network(recipe, new Generator(0)));
  model.loadState(tensors);
  model.to(resolveDevice(device)).eval();
  return { task, model, recipe, path };
}
