/**
 * The names that a pickle may mention, and what they mean to us. There is no other way from a
 * pickle to code: none of these runs anything that a file has chosen, and an object of a name that
 * is not here is passed over.
 */
import type { DType } from '../../addon/dtype.js';
import type { Refuse } from '../refusal.js';
import { NumpyArray, NumpyType, numpyScalar } from './numpy-values.js';
import { countsOf, dateOf, itemsOf, joinPath } from './python-values.js';
import { StorageReference, StorageType, type StoredTensor, storedTensor } from './stored-tensor.js';
import {
  ForeignTensor,
  ForeignValue,
  Namespace,
  type PickleKey,
  PickleMap,
  type PickleTree,
} from './tree.js';

/**
 * A class or function of Python: one whose calls we know the result of, or one that makes a foreign
 * value.
 */
export class Callable {
  constructor(
    readonly name: string,
    private readonly result: (values: readonly unknown[], refuse: Refuse) => unknown = () =>
      undefined,
  ) {}

  /** Makes the result of the call; a foreign value where we cannot tell it. */
  call(values: readonly unknown[], refuse: Refuse): unknown {
    return this.result(values, refuse) ?? new ForeignValue(this.name);
  }
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

/** Bytes of an element in each kind of storage. */
const storageWidths: Readonly<Record<string, number>> = {
  FloatStorage: 4,
  DoubleStorage: 8,
  HalfStorage: 2,
  BFloat16Storage: 2,
  LongStorage: 8,
  IntStorage: 4,
  ByteStorage: 1,
  BoolStorage: 1,
  ShortStorage: 2,
  CharStorage: 1,
  ComplexFloatStorage: 8,
  ComplexDoubleStorage: 16,
  QInt8Storage: 1,
  QUInt8Storage: 1,
  QInt32Storage: 4,
};

/** Element types of storages that we have no type for. */
const storageElements: Readonly<Record<string, string>> = {
  'torch.CharStorage': 'int8',
  'torch.ShortStorage': 'int16',
  'torch.ComplexFloatStorage': 'complex64',
  'torch.ComplexDoubleStorage': 'complex128',
  'torch.QInt8Storage': 'qint8',
  'torch.QUInt8Storage': 'quint8',
  'torch.QInt32Storage': 'qint32',
};

/** Element types of PyTorch that we have none for; their names are texts as those of others are. */
const foreignTypes = ['int8', 'int16', 'uint16', 'uint32', 'uint64', 'complex64', 'complex128'];

const posixPaths = ['PosixPath', 'PurePosixPath', 'Path', 'PurePath'];
const windowsPaths = ['WindowsPath', 'PureWindowsPath'];
/** Python 3.13 has moved them. */
const pathModules = ['pathlib', 'pathlib._local'];

/** Functions that make tensors of other kinds, and those kinds in words. */
const foreignTensors: readonly (readonly [name: string, kind: string])[] = [
  ['torch._utils._rebuild_sparse_tensor', 'a sparse tensor'],
  ['torch._utils._rebuild_sparse_csr_tensor', 'a sparse tensor'],
  ['torch._utils._rebuild_nested_tensor', 'a nested tensor'],
  ['torch._utils._rebuild_qtensor', 'a quantized tensor'],
  ['torch._utils._rebuild_meta_tensor_no_storage', 'a meta tensor, which has no numbers'],
];

const callables: readonly Callable[] = [
  new Callable('collections.OrderedDict', orderedDict),
  new Callable('collections.Counter', countsOf),
  new Callable('collections.defaultdict', () => new PickleMap()),
  new Callable('collections.deque', itemsOf),
  ...['__builtin__', 'builtins'].flatMap((module) => [
    new Callable(`${module}.set`, itemsOf),
    new Callable(`${module}.frozenset`, itemsOf),
    new Callable(`${module}.list`, itemsOf),
    new Callable(`${module}.dict`, orderedDict),
  ]),
  new Callable('argparse.Namespace', () => new Namespace()),
  new Callable('types.SimpleNamespace', () => new Namespace()),
  new Callable('datetime.datetime', dateOf),
  new Callable('datetime.date', dateOf),
  ...pathModules.flatMap((module) => [
    ...posixPaths.map((name) => new Callable(`${module}.${name}`, (all) => joinPath(all, '/'))),
    ...windowsPaths.map((name) => new Callable(`${module}.${name}`, (all) => joinPath(all, '\\'))),
  ]),
  new Callable('torch.Size', ([sizes = []]) => sizes),
  new Callable('torch.device', device),
  new Callable('_codecs.encode', encode),
  new Callable('copy_reg._reconstructor', instance),
  new Callable('copyreg._reconstructor', instance),
  new Callable('torch._utils._rebuild_tensor', typedTensor),
  new Callable('torch._utils._rebuild_tensor_v2', typedTensor),
  ...foreignTensors.map(([name, kind]) => new Callable(name, () => new ForeignTensor(kind))),
  new Callable('torch._utils._rebuild_tensor_v3', untypedTensor),
  new Callable('torch._utils._rebuild_parameter', ([tensor]) => tensor),
  new Callable('torch._utils._rebuild_parameter_with_state', ([tensor]) => tensor),
  new Callable('torch._tensor._rebuild_from_type_v2', ofOtherType),
  ...['numpy', 'numpy.core.multiarray', 'numpy._core.multiarray'].flatMap((module) => [
    new Callable(`${module}.dtype`, ([code]) => new NumpyType(String(code))),
    new Callable(`${module}.scalar`, ([type, bytes]) => numpyScalar(type, bytes)),
    new Callable(`${module}._reconstruct`, () => new NumpyArray()),
  ]),
];

const known = new Map<string, Callable | StorageType | string>([
  ...callables.map((callable) => [callable.name, callable] as const),
  ...Object.entries(storageWidths).map(([storage, width]) => {
    const [dtype] = elementTypes.find(([, , name]) => name === storage) ?? [];
    return [`torch.${storage}`, new StorageType(`torch.${storage}`, dtype, width)] as const;
  }),
  ...[...elementTypes.map(([, name]) => name), ...foreignTypes].map(
    (name) => [`torch.${name}`, `torch.${name}`] as const,
  ),
  ['torch.storage.UntypedStorage', new StorageType('torch.storage.UntypedStorage', 'u8', 1)],
]);

/**
 * Only a file that wants to do harm names these. That nothing is executed does not hang on the
 * list.
 */
const harmful =
  /(^|\.)(os|posix|nt|sys|subprocess|shutil|socket|pty|runpy|importlib|webbrowser|ctypes|pickle|code|commands|asyncio)\.\w+$|^(__builtin__|builtins)\.(eval|exec|execfile|compile|open|__import__|globals|breakpoint)$/;

/** @throws SerializationError naming what no checkpoint has a reason to name */
export function lookUp(module: string, name: string, refuse: Refuse): unknown {
  const path = `${module}.${name}`;
  const found = known.get(path);
  if (found !== undefined) return found;
  const shown = path.length > 100 ? `${path.slice(0, 100)}...` : path;
  if (!harmful.test(path)) return new Callable(shown);
  return refuse(
    'tensors and plain data',
    `\`${shown}\``,
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
  return new StorageReference(key, type, elements);
}

/** Builds a dict from nothing, from a list of pairs, or from a dict. */
function orderedDict([items = []]: readonly unknown[], refuse: Refuse): PickleMap {
  const map = new PickleMap();
  const pairs = items instanceof PickleMap ? [...items] : items;
  if (!Array.isArray(pairs)) return refuse('the items of a dict', typeof pairs);
  for (const pair of pairs) setItem(map, Array.isArray(pair) ? pair : []);
  return map;
}

/** An entry under a tuple or an object is passed over. */
export function setItem(map: PickleMap, [key, value]: readonly unknown[]): void {
  // `TreeBuilder` makes plain data of the values of everything that ends up in the result.
  if (isKey(key)) map.set(key, value as PickleTree);
}

function isKey(value: unknown): value is PickleKey {
  return value === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof value);
}

/** `cpu`, or `cuda:0` from a kind and an index. */
function device(parts: readonly unknown[]): string | undefined {
  const isName = parts.every((part) => typeof part === 'string' || typeof part === 'number');
  return isName ? parts.join(':') : undefined;
}

/** Python 2 protocols have no bytes, and spell them as a text that is to be encoded. */
function encode([text, encoding]: readonly unknown[]): Uint8Array | undefined {
  const isBytes = typeof text === 'string' && encoding === 'latin1';
  return isBytes ? Buffer.from(text, 'latin1') : undefined;
}

/** An object of the first argument, by the oldest protocols. */
function instance([type]: readonly unknown[]): ForeignValue | undefined {
  return type instanceof Callable ? new ForeignValue(type.name) : undefined;
}

/** A tensor of a class of its own: what its function makes of its arguments. */
function ofOtherType(values: readonly unknown[], refuse: Refuse): unknown {
  const [rebuild, , inner] = values;
  if (!(rebuild instanceof Callable) || !Array.isArray(inner)) return undefined;
  return rebuild.call(inner, refuse);
}

/** A tensor whose storage tells the element type. */
function typedTensor(values: readonly unknown[], refuse: Refuse): StoredTensor | ForeignTensor {
  const stored = storedTensor(values, refuse);
  if (stored) return stored;
  const [storage] = values;
  const name = storage instanceof StorageReference ? storage.type.name : 'another type';
  return new ForeignTensor(`a tensor of ${storageElements[name] ?? name}`);
}

/** Raw bytes with their element type beside, for types without a storage class. */
function untypedTensor(values: readonly unknown[], refuse: Refuse): StoredTensor | ForeignTensor {
  const named = values[6] instanceof Callable ? values[6].name : String(values[6]);
  const [dtype] = elementTypes.find(([, name]) => `torch.${name}` === named) ?? [];
  const stored = dtype && storedTensor(values, refuse, dtype);
  return stored ?? new ForeignTensor(`a tensor of ${named.replace(/^torch\./, '')}`);
}
