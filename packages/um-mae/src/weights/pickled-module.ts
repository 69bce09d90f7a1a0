/** Models that were saved as objects: their weights, and what their parts tell of themselves. */
import { Tensor } from '@um-mae/torch';
import { ForeignTensor, ForeignValue, PickleMap } from '@um-mae/torch/serialization';
import type { UnreadTensors } from './unread-tensors.js';

/** The state of a module, as `state_dict` would give it. */
interface PickledModule {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly passedOver: readonly string[];
  readonly unread: UnreadTensors;
  /** Options by the names that a config.json has for them. */
  readonly said: object;
}

/** A part of a model: a module with its name in the whole. */
interface Part {
  readonly name: string;
  readonly module: PickleMap;
}

/** Reads a model that was saved as an object; undefined for another value. */
export function pickledModule(value: PickleMap): PickledModule | undefined {
  if (!isModule(value)) return undefined;
  const tensors = new Map<string, Tensor>();
  const unread = new Map<string, string>();
  const parts = [...partsOf({ name: '', module: value })];
  for (const { name, module } of parts) {
    for (const [key, item] of ownTensors(module)) {
      const path = name === '' ? key : `${name}.${key}`;
      if (item instanceof Tensor) tensors.set(path, item);
      else unread.set(path, item.kind);
    }
  }
  return { tensors, passedOver: [...unread.keys()], unread, said: saidBy(parts) };
}

function isModule(value: unknown): value is PickleMap {
  return value instanceof PickleMap && value.get('_parameters') instanceof PickleMap;
}

function* partsOf(part: Part): Generator<Part> {
  yield part;
  const children = part.module.get('_modules');
  if (!(children instanceof PickleMap)) return;
  for (const [key, module] of children) {
    const name = part.name === '' ? String(key) : `${part.name}.${key}`;
    if (isModule(module)) yield* partsOf({ name, module });
  }
}

function* ownTensors(module: PickleMap): Generator<[string, Tensor | ForeignTensor]> {
  for (const kind of ['_parameters', '_buffers'] as const) {
    const own = module.get(kind);
    if (!(own instanceof PickleMap)) continue;
    for (const [name, item] of own) {
      if (item instanceof Tensor || item instanceof ForeignTensor) yield [String(name), item];
    }
  }
}

/** The norms of blocks, the attention and the activation that a model was built with. */
function saidBy(parts: readonly Part[]): object {
  const inBlocks = parts.filter(({ name }) => /(^|\.)(blocks|layers?)\.\d+\./.test(name));
  const firstOf = (key: string, pattern: RegExp) =>
    inBlocks
      .filter(({ name }) => pattern.test(name))
      .map(({ module }) => module.get(key))
      .find((each) => typeof each === 'number');
  return {
    norm_eps: firstOf('eps', /norm[^.]*$|\.ln_?\d$/),
    num_heads: firstOf('num_heads', /attn|attention/),
    act_layer: activationOf(inBlocks.map(({ module }) => module)),
  };
}

/** The class of the activation, such as `gelu`; with what it approximates by. */
function activationOf(modules: readonly PickleMap[]): string | undefined {
  const names = modules.flatMap((module) => {
    const [, name] =
      module instanceof ForeignValue ? (/\.activation\.(\w+)$/.exec(module.name) ?? []) : [];
    const approximation = module.get('approximate');
    const isRough = typeof approximation === 'string' && approximation !== 'none';
    return name === undefined ? [] : [isRough ? `${name} by ${approximation}` : name];
  });
  return names.find((name) => !/^gelu$/i.test(name)) ?? names[0];
}
