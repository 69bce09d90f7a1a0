/** The forms that files of weights have, read to one. */
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
import { type AnyRecipe, kindOf } from '../recipes/kind.js';
import { parseRecipe } from '../recipes/recipe-file.js';
import { publishedNames } from './foreign-names.js';
import type { PublishedArguments } from './infer-model.js';
import { publishedOptimizer } from './published-optimizer.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** The contents of a weights file of any format. */
export interface WeightsFile {
  readonly path: string;
  readonly format: 'safetensors' | 'pytorch';
  /** The weights by the names of the published checkpoints. */
  readonly tensors: Tensors;
  /** The recipe of pre-training or of a classifier that was recorded with the weights. */
  readonly recipe: AnyRecipe | undefined;
  /** Reads the optimizer's state by the names of `AdamW.state`, where there is one and it maps. */
  readonly optimizer: () => Tensors | undefined;
  /** The command line of the published code. */
  readonly published: PublishedArguments;
  /** The other entries of the file, by key. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The extensions of checkpoints that PyTorch programs write. */
const torchFile = /\.(pth|pt|bin|ckpt|tar)$/;

/**
 * The keys under which PyTorch programs store the weights in a checkpoint. The first one present is
 * used.
 */
const stateKeys = ['model', 'state_dict', 'model_state_dict', 'module'] as const;

/** Whether a path names a file of weights; runs and checkpoints are folders. */
export function isWeightsFile(path: string): boolean {
  return torchFile.test(path) || path.endsWith('.safetensors');
}

/**
 * @throws CheckpointError or SerializationError when there is no such file, or it holds no weights
 */
export function readWeightsFile(path: string): WeightsFile {
  return torchFile.test(path) ? readPytorchFile(path) : readSafetensorsFile(path);
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
  const listed: readonly unknown[] =
    key === undefined ? [...state.keys()] : [key, 'optimizer', 'recipe'];
  const others = [...checkpoint].filter(([name]) => !listed.includes(name));
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

function parseRecorded(recipe: string, path: string): AnyRecipe {
  const written = parseRecipe(recipe, path);
  return kindOf(written).parse(written);
}

/** A value as JSON has it; tensors become the name of their type. */
function plainOf(value: PickleTree): unknown {
  if (value instanceof PickleMap) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), plainOf(item)]));
  }
  if (Array.isArray(value)) return value.map(plainOf);
  const isJson = value === null || ['boolean', 'number', 'string'].includes(typeof value);
  return isJson ? value : String(value);
}
