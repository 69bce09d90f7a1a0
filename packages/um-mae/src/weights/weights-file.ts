/** Files of weights, of any form. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Tensor } from '@um-mae/torch';
import {
  PickleMap,
  type PickleTree,
  readSafetensors,
  readTorchFile,
  stateDict,
} from '@um-mae/torch/serialization';
import { CheckpointError } from '../errors.js';
import type { FinetuneRecipe } from '../recipes/finetune-recipe.js';
import { kindOf } from '../recipes/kind.js';
import type { PretrainRecipe } from '../recipes/pretrain-recipe.js';
import { parseRecipe } from '../recipes/recipe-file.js';
import { publishedNames } from './foreign-names.js';
import type { PublishedArguments } from './infer-model.js';
import { publishedOptimizer } from './published-optimizer.js';

type Tensors = ReadonlyMap<string, Tensor>;

export interface WeightsFile {
  /** Where they were found: a file. */
  readonly path: string;
  readonly format: 'safetensors' | 'pytorch';
  /** By the names of the published checkpoints. */
  readonly tensors: Tensors;
  /** That was recorded with the weights: of pre-training, or of a classifier. */
  readonly recipe: PretrainRecipe | FinetuneRecipe | undefined;
  /** Reads the optimizer's state by the names of `AdamW.state`, where there is one and it maps. */
  readonly optimizer: () => Tensors | undefined;
  /** The command line of the published code. */
  readonly published: PublishedArguments;
  /** What else the file says, by key. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What PyTorch programs call their checkpoints. */
const torchFile = /\.(pth|pt|bin|ckpt|tar)$/;

/** Where PyTorch programs keep the weights in a checkpoint, the first that is there. */
const stateKeys = ['model', 'state_dict', 'model_state_dict', 'module'] as const;

/** In the order in which a run stands for them. */
export const weightsChoices = ['best', 'average', 'last'] as const;

/** Weights of a run or a checkpoint: those that scored best, their running average, or those of the last step. */
export type WeightsChoice = (typeof weightsChoices)[number];

/** Where weights are in a run or a checkpoint: what scores and pictures are of comes first. */
const places: Readonly<Record<WeightsChoice, readonly string[]>> = {
  best: ['checkpoints/best/model.safetensors'],
  average: ['checkpoints/last/average.safetensors', 'average.safetensors'],
  last: ['checkpoints/last/model.safetensors', 'model.safetensors'],
};

/**
 * @param path a run directory, a checkpoint in it, or a file
 * @param choice of what a run or a checkpoint has; undefined: the best, else the average, else the last
 * @throws CheckpointError when there are no weights, or not those
 */
export function readWeightsFile(path: string, choice?: WeightsChoice): WeightsFile {
  const isTorchFile = torchFile.test(path);
  if (!isTorchFile && !path.endsWith('.safetensors')) {
    return readSafetensorsFile(chosenFile(path, choice));
  }
  if (choice !== undefined) {
    throw new CheckpointError(
      `Expected a run or a checkpoint, of which to take ${choice} weights, but got the file ${path}.`,
    );
  }
  return isTorchFile ? readPytorchFile(path) : readSafetensorsFile(path);
}

function chosenFile(path: string, choice: WeightsChoice | undefined): string {
  const findAny = (choices: readonly WeightsChoice[]) =>
    choices
      .flatMap((each) => places[each])
      .map((name) => join(path, name))
      .find((name) => existsSync(name));
  const file = findAny(choice === undefined ? weightsChoices : [choice]);
  if (file !== undefined) return file;
  if (findAny(weightsChoices) !== undefined) {
    throw new CheckpointError(`Expected ${choice} weights in ${path} but got none.`);
  }
  throw new CheckpointError(
    `Expected a run, a checkpoint or a file of weights at ${path} but got none of them.`,
  );
}

function readSafetensorsFile(path: string): WeightsFile {
  const { tensors, metadata } = readSafetensors(path);
  const { recipe, ...others } = metadata;
  const optimizer = join(dirname(path), 'optimizer.safetensors');
  // Beside averages, it is that of the weights they were made of.
  const isItsOwn = basename(path) === 'model.safetensors' && existsSync(optimizer);
  return {
    path,
    format: 'safetensors',
    tensors: publishedNames(tensors),
    recipe: recipe === undefined ? undefined : parseRecorded(recipe, path),
    optimizer: () => (isItsOwn ? readSafetensors(optimizer).tensors : undefined),
    published: new Map(),
    metadata: others,
  };
}

function readPytorchFile(path: string): WeightsFile {
  const content = readTorchFile(path);
  const checkpoint = content instanceof PickleMap ? content : new PickleMap();
  const key = stateKeys.find((candidate) => stateDict(checkpoint.get(candidate)));
  const state = stateDict(key === undefined ? content : checkpoint.get(key));
  if (!state) {
    const found = checkpoint.size > 0 ? [...checkpoint.keys()].slice(0, 8).join(', ') : 'none';
    throw new CheckpointError(
      `Expected weights in ${path}, by themselves or as ${stateKeys.join(', ')}, but got ${found}.`,
    );
  }
  const recipe = checkpoint.get('recipe');
  const args = checkpoint.get('args');
  const told: readonly unknown[] =
    key === undefined ? [...state.keys()] : [key, 'optimizer', 'recipe'];
  const others = [...checkpoint].filter(([name]) => !told.includes(name));
  return {
    path,
    format: 'pytorch',
    tensors: publishedNames(state),
    recipe: typeof recipe === 'string' ? parseRecorded(recipe, path) : undefined,
    optimizer: () => publishedOptimizer(checkpoint.get('optimizer'), state),
    published: args instanceof PickleMap ? args : new Map(),
    metadata: Object.fromEntries(others.map(([name, value]) => [String(name), plainOf(value)])),
  };
}

function parseRecorded(recipe: string, path: string): PretrainRecipe | FinetuneRecipe {
  const written = parseRecipe(recipe, path);
  return kindOf(written).parse(written);
}

/** Whether weights are those of a classifier, with its recipe. */
export function isFinetuned(recipe: PretrainRecipe | FinetuneRecipe): recipe is FinetuneRecipe {
  return recipe.task === 'classification';
}

/** A value as JSON has it; tensors are told by their type. */
function plainOf(value: PickleTree): unknown {
  if (value instanceof PickleMap) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), plainOf(item)]));
  }
  if (Array.isArray(value)) return value.map(plainOf);
  const isJson = value === null || ['boolean', 'number', 'string'].includes(typeof value);
  return isJson ? value : String(value);
}
