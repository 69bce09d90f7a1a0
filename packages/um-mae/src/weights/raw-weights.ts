/** The forms that files of weights have, read to names and tensors as the file has them. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Tensor } from '@um-mae/torch';
import { parseJson } from '@um-mae/torch/files';
import {
  ForeignValue,
  PickleMap,
  type PickleTree,
  readSafetensors,
  readTorchFile,
} from '@um-mae/torch/serialization';
import { CheckpointError } from '../errors.js';
import { mostOfRecord, wholeText } from '../files/whole-file.js';
import { formOf } from './file-form.js';
import { publishedOptimizer } from './foreign/published-optimizer.js';
import type { PublishedArguments } from './infer-model.js';
import { byPlaces, chooseEntry } from './state-entries.js';
import { refuseUnread } from './unread-tensors.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** Weights by the names in their file, and what else is in it. */
export interface RawWeights {
  readonly format: 'safetensors' | 'pytorch';
  readonly tensors: Tensors;
  /** The beginning of the names that were asked for, where that is no whole entry of the file. */
  readonly part: string | undefined;
  /** The recipe that was recorded with the weights. */
  readonly recipe: string | undefined;
  readonly optimizer: () => Tensors | undefined;
  readonly published: PublishedArguments;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Values that may say more of the network. */
  readonly sources: readonly unknown[];
  /** Sentences about what was chosen and what was passed over. */
  readonly notes: readonly string[];
}

/**
 * @throws CheckpointError or SerializationError when there is no such file, or it holds no weights
 */
export function readRawWeights(path: string, entry: string | undefined): RawWeights {
  switch (formOf(path)) {
    case 'safetensors':
      return readSafetensorsFile(path, entry);
    case 'pytorch':
      return readPytorchFile(path, entry);
    case 'index':
      return readShards(path, entry);
  }
}

function readSafetensorsFile(path: string, entry: string | undefined): RawWeights {
  refuseShard(path);
  const { tensors, foreign, metadata } = readSafetensors(path);
  const kinds = [...foreign].map(([name, type]) => [name, `a tensor of ${type}`] as const);
  refuseUnread(new Map(kinds), entry, path);
  const { recipe, ...others } = metadata;
  const optimizer = join(dirname(path), 'optimizer.safetensors');
  // Beside averages, it is that of the weights they were made of.
  const isItsOwn = basename(path) === 'model.safetensors' && existsSync(optimizer);
  return {
    format: 'safetensors',
    tensors,
    part: entry,
    recipe,
    optimizer: () => (isItsOwn ? readSafetensors(optimizer).tensors : undefined),
    published: new Map(),
    metadata: others,
    sources: [others],
    notes: passedOver([...foreign].map(([name, type]) => `${name} (${type})`)),
  };
}

function readPytorchFile(path: string, entry: string | undefined): RawWeights {
  refuseShard(path);
  const content = readTorchFile(path);
  const chosen = chooseEntry(content, entry, path);
  refuseUnread(chosen.unread, chosen.part, path);
  const named = Array.isArray(content) ? byPlaces(content) : content;
  const checkpoint = named instanceof PickleMap ? named : new PickleMap();
  const recipe = checkpoint.get('recipe');
  const args = checkpoint.get('args');
  const listed = chosen.path === '' ? [...checkpoint.keys()] : ['optimizer', 'recipe'];
  const others = [...checkpoint].filter(
    ([name]) => !listed.includes(String(name)) && name !== chosen.path.split('.')[0],
  );
  return {
    format: 'pytorch',
    tensors: chosen.tensors,
    part: chosen.part,
    recipe: typeof recipe === 'string' ? recipe : undefined,
    optimizer: () => publishedOptimizer(checkpoint.get('optimizer'), chosen.tensors),
    published: args instanceof PickleMap ? args : new Map(),
    metadata: Object.fromEntries(others.map(([name, value]) => [String(name), plainOf(value)])),
    sources: [chosen.said, checkpoint],
    notes: [
      ...(isUsual(chosen.path) ? [] : [`Took the weights under \`${chosen.path}\`.`]),
      ...(entry === undefined && chosen.others.length > 0
        ? [`There are others under ${chosen.others.join(', ')}; --entry takes them.`]
        : []),
      ...passedOver(chosen.passedOver),
    ],
  };
}

function isUsual(path: string): boolean {
  return ['', 'model', 'state_dict', 'model_state_dict', 'module'].includes(path);
}

function passedOver(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ', ...' : '');
  return [`Passed over ${names.length} entries that are no weights: ${shown}.`];
}

const shard = /-\d+-of-\d+\.(safetensors|bin)$/i;

function refuseShard(path: string): void {
  if (!shard.test(path) || /-0*1-of-0*1\./.test(path)) return;
  throw new CheckpointError(
    `Expected all weights of a model in ${path} but got one shard of several.\nName its folder, or the index beside it, which ends in .index.json.`,
  );
}

/** All shards that an index names, as one file. */
function readShards(path: string, entry: string | undefined): RawWeights {
  const files = filesOf(path);
  const tensors = new Map<string, Tensor>();
  const folder = dirname(path);
  for (const [file, names] of files) {
    const own = shardTensors(join(folder, file));
    for (const name of names) {
      const tensor = own.get(name);
      if (!tensor)
        throw new CheckpointError(`Expected \`${name}\` in ${join(folder, file)} but got none.`);
      tensors.set(name, tensor);
    }
  }
  const isTorch = [...files.keys()].some((file) => !/\.safetensors$/i.test(file));
  return {
    format: isTorch ? 'pytorch' : 'safetensors',
    tensors,
    part: entry,
    recipe: undefined,
    optimizer: () => undefined,
    published: new Map(),
    metadata: {},
    sources: [],
    notes: [],
  };
}

/** Names of weights by the file that they are in. */
function filesOf(path: string): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const [name, file] of Object.entries(weightMap(path))) {
    if (typeof file !== 'string' || /[/\\]|^\.\.?$/.test(file)) {
      throw new CheckpointError(
        `Expected names of files beside ${path} but got ${JSON.stringify(file)} for \`${name}\`.`,
      );
    }
    files.set(file, [...(files.get(file) ?? []), name]);
  }
  return files;
}

function weightMap(path: string): Readonly<Record<string, unknown>> {
  let index: unknown;
  try {
    index = parseJson(wholeText(path, { as: CheckpointError, most: mostOfRecord }));
  } catch (cause) {
    throw new CheckpointError(`Expected an index of weights in ${path} but could not read it.`, {
      cause,
    });
  }
  const map: unknown = Object(index).weight_map;
  if (typeof map === 'object' && map !== null) return { ...map };
  throw new CheckpointError(`Expected \`weight_map\` in ${path} but got none.`);
}

function shardTensors(path: string): Tensors {
  if (!existsSync(path)) {
    throw new CheckpointError(`Expected all shards of a model but got no ${path}.`);
  }
  if (formOf(path) === 'safetensors') {
    const { tensors, foreign } = readSafetensors(path);
    refuseUnread(foreign, undefined, path);
    return tensors;
  }
  const { tensors, unread } = chooseEntry(readTorchFile(path), undefined, path);
  refuseUnread(unread, undefined, path);
  return tensors;
}

/** A value as JSON has it; tensors and objects become the names of their types. */
function plainOf(value: PickleTree): unknown {
  if (value instanceof ForeignValue && value.size === 0) return value.name;
  if (value instanceof PickleMap) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), plainOf(item)]));
  }
  if (Array.isArray(value)) return value.map(plainOf);
  const isJson = value === null || ['boolean', 'number', 'string'].includes(typeof value);
  return isJson ? value : String(value);
}
