/** The model that a file of weights is for: recorded beside them, told by their shapes, or told by the user. */
import { CheckpointError } from '../errors.js';
import type { Assignment } from '../recipes/assignments.js';
import { composeRecipe } from '../recipes/compose.js';
import { parsePretrainRecipe } from '../recipes/parse.js';
import type { PretrainRecipe } from '../recipes/pretrain-recipe.js';
import type { Extent } from './fit.js';
import { type InferredModel, inferModel } from './infer-model.js';
import { readWeightsFile, type WeightsFile } from './weights-file.js';

export interface FileModel {
  readonly recipe: PretrainRecipe;
  readonly extent: Extent;
}

/** What a user says of the model. */
export interface ModelRequest {
  /** A named recipe, or a YAML file. */
  readonly recipe?: string | undefined;
  readonly assignments: readonly Assignment[];
}

export function inferredModel(file: WeightsFile): InferredModel | undefined {
  return inferModel(file.tensors, file.published);
}

/** Whether there is more than an encoder. */
export function extentOf({ tensors }: WeightsFile): Extent {
  return tensors.has('decoder_pred.weight') ? 'objective' : 'encoder';
}

/**
 * @returns nothing for weights of another kind of network, of which nothing is asked
 * @throws CheckpointError naming the values that neither the weights nor the user tell
 */
export async function modelOf(
  file: WeightsFile,
  { recipe, assignments }: ModelRequest,
): Promise<FileModel | undefined> {
  const extent = extentOf(file);
  const inferred = file.recipe ? undefined : inferredModel(file);
  const fallback = file.recipe ?? inferred?.recipe;
  if (!fallback && recipe === undefined) {
    if (assignments.length === 0) return undefined;
    throw new CheckpointError(
      `Expected weights of a Swin, PVT or ViT in ${file.path} but got others.\nName their model by --recipe.`,
    );
  }
  if (inferred && recipe === undefined) refuseOpen(file, inferred, assignments);
  // A named recipe is for training from now on; how weights were paired is a fact of the past.
  const paired = { path: 'decoder.positions', value: inferred?.recipe.decoder?.positions };
  const all = paired.value === undefined ? assignments : [paired, ...assignments];
  return {
    extent,
    recipe: await composeRecipe({ recipe, fallback: fallback ?? {}, assignments: all }),
  };
}

/** Values that weights leave no trace of are not guessed: another one would go unnoticed. */
function refuseOpen(
  { path }: WeightsFile,
  { open, recipe }: InferredModel,
  assignments: readonly Assignment[],
): void {
  const left = open.filter((key) => !assignments.some((given) => given.path === key));
  if (left.length === 0) return;
  throw new CheckpointError(
    `Expected weights of a known model in ${path} but got a ${recipe.backbone.kind} of other sizes, which do not tell ${left.join(', ')}.\n` +
      'Give each by --set path=value, or all by --recipe.',
  );
}

/** Weights, and the recipe that says which model they belong to. */
export interface Weights {
  readonly tensors: WeightsFile['tensors'];
  readonly recipe: PretrainRecipe;
}

/**
 * Reads weights for use.
 *
 * @param path a run directory, a checkpoint in it, or a file of weights
 * @throws CheckpointError when there are none, or nothing tells which model they belong to
 */
export function readWeights(path: string): Weights {
  const file = readWeightsFile(path);
  const { tensors, recipe } = file;
  if (recipe) return { tensors, recipe };
  const inferred = inferredModel(file);
  if (inferred && inferred.open.length === 0) {
    return { tensors, recipe: parsePretrainRecipe(inferred.recipe) };
  }
  if (!inferred) {
    throw new CheckpointError(
      `Expected weights of a Swin, PVT or ViT in ${file.path} but got none of an encoder that is known here.`,
    );
  }
  throw new CheckpointError(
    `Expected weights with their recipe in ${file.path} but got none.\nWrite them with one by um-mae convert.`,
  );
}
