/**
 * The names that a pickle may mention, and what they mean to us. There is no other way from a
 * pickle to code: a name that is not here is refused, and none of these runs anything that a file
 * has chosen.
 */
import type { DType } from '../../dtype.js';
import type { Refuse } from '../refusal.js';
import { StorageReference, type StoredTensor, storedTensor } from './stored-tensor.js';
import { Namespace, type PickleKey, PickleMap, type PickleTree } from './tree.js';

/** A class or function of Python whose calls we know the result of. */
export class Callable {
  constructor(
    readonly name: string,
    readonly call: (values: readonly unknown[], refuse: Refuse) => unknown,
  ) {}
}

/** The class of a storage; it tells the element type. */
export class StorageType {
  constructor(
    readonly name: string,
    readonly dtype: DType,
  ) {}
}

/** PyTorch's names of element types, and of the storages that hold them. */
export const elementTypes: readonly (readonly [dtype: DType, name: string, storage: string])[] = [
  ['f32', 'float32', 'FloatStorage'],
  ['f64', 'float64', 'DoubleStorage'],
  ['f16', 'float16', 'HalfStorage'],
  ['bf16', 'bfloat16', 'BFloat16Storage'],
  ['i64', 'int64', 'LongStorage'],
  ['i32', 'int32', 'IntStorage'],
  ['u8', 'uint8', 'ByteStorage'],
  ['bool', 'bool', 'BoolStorage'],
];

const callables: readonly Callable[] = [
  new Callable('collections.OrderedDict', orderedDict),
  new Callable('argparse.Namespace', () => new Namespace()),
  new Callable('torch.Size', ([sizes = []]) => sizes),
  new Callable('torch.device', device),
  new Callable('_codecs.encode', encode),
  new Callable('torch._utils._rebuild_tensor', (values, refuse) => storedTensor(values, refuse)),
  new Callable('torch._utils._rebuild_tensor_v2', (values, refuse) => storedTensor(values, refuse)),
  new Callable('torch._utils._rebuild_tensor_v3', untypedTensor),
  new Callable('torch._utils._rebuild_parameter', ([tensor]) => tensor),
];

const known = new Map<string, Callable | StorageType | string>([
  ...callables.map((callable) => [callable.name, callable] as const),
  ...elementTypes.flatMap(([dtype, name, storage]) => [
    [`torch.${name}`, `torch.${name}`] as const,
    [`torch.${storage}`, new StorageType(`torch.${storage}`, dtype)] as const,
  ]),
  ['torch.storage.UntypedStorage', new StorageType('torch.storage.UntypedStorage', 'u8')],
]);

/** @throws SerializationError naming what is not known */
export function lookUp(module: string, name: string, refuse: Refuse): unknown {
  const path = `${module}.${name}`;
  const found = known.get(path);
  if (found !== undefined) return found;
  return refuse(
    'tensors and plain data',
    `\`${path.length > 100 ? `${path.slice(0, 100)}...` : path}\``,
    'Nothing of the file was executed. If you trust it, save the state_dict alone in Python, and use that.',
  );
}

/** @param id `("storage", class, key, location, elements)`, in the old format followed by a view */
export function storageReference(id: unknown, refuse: Refuse): StorageReference {
  const [tag, type, key, , elements, view] = Array.isArray(id) ? id : [];
  if (
    tag !== 'storage' ||
    !(type instanceof StorageType) ||
    typeof key !== 'string' ||
    typeof elements !== 'number' ||
    !Number.isSafeInteger(elements) ||
    elements < 0 ||
    (view ?? null) !== null
  ) {
    return refuse('references to storages', 'another reference');
  }
  return new StorageReference(key, type.dtype, elements);
}

/** Builds a dict from nothing, from a list of pairs, or from a dict. */
function orderedDict([items = []]: readonly unknown[], refuse: Refuse): PickleMap {
  const map = new PickleMap();
  const pairs = items instanceof PickleMap ? [...items] : items;
  if (!Array.isArray(pairs)) return refuse('the items of a dict', typeof pairs);
  for (const pair of pairs) setItem(map, Array.isArray(pair) ? pair : [], refuse);
  return map;
}

/** @throws SerializationError when the key is not a number or a text */
export function setItem(map: PickleMap, [key, value]: readonly unknown[], refuse: Refuse): void {
  if (!isKey(key)) refuse('numbers and texts as keys', 'another key');
  // `TreeBuilder` checks the values of everything that ends up in the result.
  map.set(key, value as PickleTree);
}

function isKey(value: unknown): value is PickleKey {
  return value === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof value);
}

/** `cpu`, or `cuda:0` from a kind and an index. */
function device(parts: readonly unknown[], refuse: Refuse): string {
  if (parts.every((part) => typeof part === 'string' || typeof part === 'number')) {
    return parts.join(':');
  }
  return refuse('the name of a device', 'other values');
}

/** Python 2 protocols have no bytes, and spell them as a text that is to be encoded. */
function encode([text, encoding]: readonly unknown[], refuse: Refuse): Uint8Array {
  if (typeof text === 'string' && encoding === 'latin1') return Buffer.from(text, 'latin1');
  return refuse('bytes as latin1', 'another encoding');
}

/** Raw bytes with their element type beside, for types without a storage class. */
function untypedTensor(values: readonly unknown[], refuse: Refuse): StoredTensor {
  const named = values[6];
  const [dtype] = elementTypes.find(([, name]) => `torch.${name}` === named) ?? [];
  if (dtype) return storedTensor(values, refuse, dtype);
  return refuse('a known dtype', typeof named === 'string' ? named : 'another value');
}
