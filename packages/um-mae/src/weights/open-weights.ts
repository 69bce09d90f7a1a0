/** The one door to weights: what a run, a checkpoint or a file of any origin holds, read once. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { HeadPooling } from '../backbones/pooled-stages.js';
import { CheckpointError } from '../errors.js';
import { checkFile } from '../files/checksums.js';
import type { Architecture } from '../recipes/finetune/compose-finetune.js';
import { type AnyRecipe, isLabelled } from '../recipes/kind.js';
import { parsePretrainRecipe } from '../recipes/parse.js';
import type { PretrainRecipe } from '../recipes/pretrain/pretrain-recipe.js';
import { isWeightsFile } from './file-form.js';
import { checkParts } from './foreign/foreign-parts.js';
import { type InferredModel, inferModel } from './infer-model.js';
import { type WeightsChoice, weightsChoices } from './weights-choice.js';
import { readWeightsFile, type WeightsFile } from './weights-file.js';

/**
 * The part of a model that weights are: an objective, an encoder, or the network of a task with its
 * recipe.
 */
export type Extent = 'objective' | 'encoder' | 'network';

/**
 * Opened weights, with their format, recipe and inferred model. Whoever opens them disposes of the
 * tensors.
 */
export interface Weights extends Omit<WeightsFile, 'published' | 'said'>, Disposable {
  /**
   * The choice among the weights of a run or a checkpoint; undefined for a file that was named
   * itself.
   */
  readonly choice: WeightsChoice | undefined;
  /** An encoder may come with a head that no recipe describes. */
  readonly extent: Extent;
  /**
   * The network that a recipe beside the weights names, else the one that their shapes show;
   * undefined for others.
   */
  readonly architecture: Architecture | undefined;
  /**
   * The model inferred from the shapes, whether or not there is a recipe. Undefined for another
   * kind of network.
   */
  readonly inferred: InferredModel | undefined;
}

/** The weights to take of a file, and the way in which it is read. */
export interface ReadingChoices {
  /** The set of a file that holds several, such as `teacher`. */
  readonly entry?: string | undefined;
  /** Whether the file is compared with its checksum, if it has one; default true. */
  readonly verify?: boolean | undefined;
}

/**
 * @param path a run directory, a checkpoint in it, a folder as Hugging Face has it, or a
 *   safetensors or PyTorch file
 * @param choice of what a run or a checkpoint has; undefined: the best, else the average, else the
 *   last
 * @throws CheckpointError when there are no weights, or not those, or some that are damaged or not
 *   finite
 *
 * @example
 * ```ts
 * import { openWeights } from 'um-mae';
 *
 * using weights = openWeights('runs/photos');
 * console.log(weights.extent, weights.tensors.size > 0); // objective true
 * ```
 */
export function openWeights(
  path: string,
  choice?: WeightsChoice,
  { entry, verify = true }: ReadingChoices = {},
): Weights {
  refuseAddress(path);
  const chosen = isWeightsFile(path) ? namedFile(path, choice) : chosenFile(path, choice);
  const { published, said, ...file } = readWhole(chosen.path, { entry, verify });
  const inferred = inferModel(file.tensors, { published, said });
  return {
    ...file,
    choice: chosen.choice,
    extent: extentOf(file),
    architecture: architectureIn(file, inferred),
    inferred,
    [Symbol.dispose]() {
      for (const tensor of file.tensors.values()) tensor.dispose();
    },
  };
}

function refuseAddress(path: string): void {
  if (!/^\w+:\/\//.test(path)) return;
  throw new CheckpointError(
    `Expected weights in a file or folder of this machine but got the address ${path}.\nDownload them first.`,
  );
}

/** Reads a file once more where a run at work has replaced its checkpoint meanwhile. */
function readWhole(path: string, { entry, verify }: ReadingChoices): WeightsFile {
  const place = placeOf(path);
  try {
    if (verify) checkFile(path);
    return readWeightsFile(path, entry);
  } catch (error) {
    if (placeOf(path) === place) throw error;
    return readWhole(path, { entry, verify });
  }
}

/** The place to which the link `last` leads; undefined where there is nothing. */
function placeOf(path: string): string | undefined {
  return existsSync(path) ? realpathSync(path) : undefined;
}

interface ChosenFile {
  readonly path: string;
  readonly choice: WeightsChoice | undefined;
}

function namedFile(path: string, choice: WeightsChoice | undefined): ChosenFile {
  if (choice === undefined) return { path, choice };
  throw new CheckpointError(
    `Expected a run or a checkpoint, of which to take ${choice} weights, but got the file ${path}.`,
  );
}

/** The files of weights in a run or a checkpoint, in order of preference. */
const places: Readonly<Record<WeightsChoice, readonly string[]>> = {
  best: ['checkpoints/best/model.safetensors'],
  average: ['checkpoints/last/average.safetensors', 'average.safetensors'],
  last: [
    ...['checkpoints/last/model.safetensors', 'model.safetensors', 'model.safetensors.index.json'],
    ...['pytorch_model.bin', 'pytorch_model.bin.index.json'],
  ],
};

function chosenFile(folder: string, choice: WeightsChoice | undefined): ChosenFile {
  const found = weightsChoices.flatMap((each) =>
    places[each]
      .map((name) => ({ path: join(folder, name), choice: each }))
      .filter(({ path }) => existsSync(path)),
  );
  const file = found.find((each) => choice === undefined || each.choice === choice);
  if (file) return file;
  if (found.length > 0)
    throw new CheckpointError(`Expected ${choice} weights in ${folder} but got none.`);
  throw new CheckpointError(
    existsSync(join(folder, 'recipe.yaml'))
      ? `Expected a run with a checkpoint in ${folder} but got one that has none.`
      : `Expected a run, a checkpoint or a file of weights at ${folder} but got none of them.`,
  );
}

function extentOf({ recipe, tensors }: Pick<WeightsFile, 'recipe' | 'tensors'>): Extent {
  if (recipe && isLabelled(recipe)) return 'network';
  return recipe?.objective ? 'encoder' : pretrainedExtent(tensors);
}

/** Whether weights are those of a whole objective of um-mae or of its encoder alone. */
export function pretrainedExtent(tensors: Weights['tensors']): 'objective' | 'encoder' {
  return tensors.has('decoder_pred.weight') ? 'objective' : 'encoder';
}

function architectureIn(
  { recipe, tensors }: Pick<WeightsFile, 'recipe' | 'tensors'>,
  inferred: InferredModel | undefined,
): Architecture | undefined {
  const network = recipe ?? inferred?.recipe;
  if (!network) return undefined;
  const { backbone, image } = network;
  const open = recipe ? [] : (inferred?.open ?? []);
  return {
    backbone,
    image,
    open: open.filter((path) => path.startsWith('backbone.')),
    headPooling: recipe ? recordedPooling(recipe) : pooledBy(tensors),
  };
}

function recordedPooling(recipe: AnyRecipe): HeadPooling | undefined {
  return recipe.task === 'classification' ? recipe.head.pooling : undefined;
}

/** Tells what a head without its recipe reads: all stages if it norms them by statistics. */
function pooledBy(tensors: WeightsFile['tensors']): HeadPooling | undefined {
  if (!tensors.has('head.weight')) return undefined;
  return tensors.has('fc_norm.running_mean') ? 'mean-and-deviation' : 'mean';
}

/**
 * The network of an encoder's weights.
 *
 * @throws CheckpointError when the weights are of another kind of network
 */
export function architectureOf({ architecture, recipe, tensors, path }: Weights): Architecture {
  if (!recipe) checkParts(tensors, path);
  if (architecture) return architecture;
  throw new CheckpointError(
    `Expected weights of an encoder, of a Swin, PVT or ViT, in ${path} but got others.`,
  );
}

/**
 * The recipe that says which model weights belong to; of another task, its backbone and its image.
 *
 * @throws CheckpointError when neither a recipe nor the shapes tell it completely
 */
export function pretrainRecipeOf({ path, recipe, inferred, tensors }: Weights): PretrainRecipe {
  if (recipe) {
    const { backbone, image } = recipe;
    return recipe.task === 'pretrain' ? recipe : parsePretrainRecipe({ backbone, image });
  }
  checkParts(tensors, path);
  if (inferred && inferred.open.length === 0) return parsePretrainRecipe(inferred.recipe);
  throw new CheckpointError(
    inferred
      ? `Expected weights with their recipe in ${path} but got none, and they do not determine ${inferred.open.join(', ')}.\nWrite them with one by um-mae convert --set path=value.`
      : `Expected weights of a Swin, PVT or ViT in ${path} but got none of an encoder that is known here.`,
  );
}
