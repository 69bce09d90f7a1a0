/** Opens the network of a fine-tuning run, whatever its task. */
import { Generator, noGrad, resolveDevice } from '@um-mae/torch';
import { CheckpointError } from '../../errors.js';
import { withInference } from '../../recipes/inference.js';
import { type AnyLabelledRecipe, isLabelled } from '../../recipes/kind.js';
import type { Assignment } from '../../recipes/values/assignments.js';
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

/** The weights that are opened, and the way in which their network is used. */
export interface TrainedOptions {
  /** The device of the network. Default `cpu`. */
  readonly device?: string | undefined;
  /** The weights to take of a file that holds several sets, such as `model_ema`. */
  readonly entry?: string | undefined;
  /** Whether the weights are compared with their checksum, if there is one; default true. */
  readonly verify?: boolean | undefined;
  /** Values of `inference` in place of those of the recipe. Default: none. */
  readonly inference?: readonly Assignment[] | undefined;
}

/**
 * Opens the weights of a fine-tuned network and builds it.
 *
 * @param path a run of `um-mae finetune`, whose best weights are taken, a checkpoint in it, or a
 *   file of weights
 * @throws CheckpointError when there is none
 */
export function readTrained(path: string, options: TrainedOptions = {}): TrainedNetwork {
  using weights = openWeights(path, undefined, options);
  return trainedOf(weights, options);
}

/**
 * @throws CheckpointError when the weights are not those of a fine-tuned network with its recipe
 */
export function trainedOf(
  { tensors, recipe: recorded, path }: Weights,
  { device = 'cpu', inference = [] }: Omit<TrainedOptions, 'entry'> = {},
): TrainedNetwork {
  if (!recorded || !isLabelled(recorded)) {
    const got = recorded ? 'those of pre-training' : 'weights without a recipe';
    throw new CheckpointError(
      `Expected a fine-tuned network in ${path} but got ${got}.\nMake one by um-mae finetune --from ${path}.`,
    );
  }
  const recipe = withInference(recorded, inference);
  const task = labelledTaskOf(recipe);
  const model = noGrad(() => task.network(recipe, new Generator(0)));
  model.loadState(tensors);
  model.to(resolveDevice(device)).eval();
  return { task, model, recipe, path };
}
