/** The model that a file of weights is for: recorded beside them, told by their shapes, or told by the user. */
import { CheckpointError } from '../errors.js';
import { type Assignment, assign } from '../recipes/assignments.js';
import { composeRecipe } from '../recipes/compose.js';
import { parseFinetuneRecipe, parsePretrainRecipe } from '../recipes/parse.js';
import type { PretrainRecipe } from '../recipes/pretrain-recipe.js';
import type { FileModel } from './fit.js';
import { type InferredModel, inferModel } from './infer-model.js';
import { isFinetuned, readWeightsFile, type WeightsFile } from './weights-file.js';

/** What a user says of the model. */
export interface ModelRequest {
  /** A named recipe, or a YAML file. */
  readonly recipe?: string | undefined;
  readonly assignments: readonly Assignment[];
}

export function inferredModel(file: WeightsFile): InferredModel | undefined {
  return inferModel(file.tensors, file.published);
}

/** What weights are of that no recipe tells of. */
export function extentOf({ tensors }: WeightsFile): 'objective' | 'encoder' {
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
  const recorded = file.recipe;
  if (recorded && isFinetuned(recorded) && recipe === undefined) {
    return { extent: 'classifier', recipe: parseFinetuneRecipe(assign(recorded, assignments)) };
  }
  const extent = extentOf(file);
  const inferred = recorded ? undefined : inferredModel(file);
  const fallback = recorded ?? inferred?.recipe;
  if (!fallback && recipe === undefined) {
    if (assignments.length === 0) return undefined;
    throw new CheckpointError(
      `Expected weights of a Swin, PVT or ViT in ${file.path} but got others.\nName their model by --recipe.`,
    );
  }
  if (inferred && recipe === undefined) refuseOpen(file, inferred, assignments);
  const all = [...decoderOf(inferred), ...assignments];
  return {
    extent,
    recipe: await composeRecipe({ recipe, fallback: fallback ?? {}, assignments: all }),
  };
}

/** A named recipe is for training from now on; which decoder weights have, and how paired, is a fact of the past. */
function decoderOf(inferred: InferredModel | undefined): readonly Assignment[] {
  const decoder = inferred?.recipe.decoder;
  if (decoder?.kind === undefined) return [];
  const kind = { path: 'decoder.kind', value: decoder.kind };
  if (decoder.kind === 'cross') return [kind];
  return [kind, { path: 'decoder.positions', value: decoder.positions }];
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

/** What weights tell of the network that they belong to. */
export interface ToldModel {
  readonly backbone: PretrainRecipe['backbone'];
  /** Where weights depend on it, or a recipe was recorded. */
  readonly image?: { readonly height: number; readonly width: number };
  /** Paths in the recipe of values that weights leave no trace of; `backbone` holds a stand-in there. */
  readonly open: readonly string[];
}

/**
 * @param path a run directory, a checkpoint in it, or a file of weights
 * @throws CheckpointError when there are no weights, or none of an encoder
 */
export function toldModel(path: string): ToldModel {
  const file = readWeightsFile(path);
  if (file.recipe) return { backbone: file.recipe.backbone, image: file.recipe.image, open: [] };
  const inferred = inferredModel(file);
  if (!inferred) {
    throw new CheckpointError(
      `Expected weights of an encoder, of a Swin, PVT or ViT, in ${file.path} but got others.`,
    );
  }
  const { backbone, image } = parsePretrainRecipe(inferred.recipe);
  const open = inferred.open.filter((value) => value.startsWith('backbone.'));
  return inferred.recipe.image ? { backbone, image, open } : { backbone, open };
}

/** Weights, and the recipe that says which model they belong to; of a classifier's, the backbone and the image. */
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
  if (recipe) {
    const { backbone, image } = recipe;
    const encoder = isFinetuned(recipe) ? parsePretrainRecipe({ backbone, image }) : recipe;
    return { tensors, recipe: encoder };
  }
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
