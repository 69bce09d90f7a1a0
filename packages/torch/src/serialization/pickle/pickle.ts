/**
 * Writes plain data and tensors as a pickle that PyTorch reads, with `weights_only` too.
 *
 * Source: CPython, Lib/pickletools.py; protocol 2.
 */
import type { DType } from '../../addon/dtype.js';
import { SerializationError } from '../../addon/errors.js';
import { Tensor } from '../../tensor/tensor.js';
import { elementTypes } from './known-names.js';

/** A value that can be written. Maps and objects become dicts, arrays become lists. */
export type Picklable =
  | null
  | boolean
  | number
  | bigint
  | string
  | Tensor
  | readonly Picklable[]
  | ReadonlyMap<string | number, Picklable>
  | { readonly [key: string]: Picklable };

export interface PickleData {
  readonly bytes: Uint8Array;
  /** The contents of the storages 0, 1, ... that the pickle refers to. */
  readonly storages: readonly Tensor[];
}

const op = (code: number, ...rest: Uint8Array[]): Buffer =>
  Buffer.concat([Buffer.of(code), ...rest]);

const reduce = op(0x52);
const tuple = op(0x74);
const mark = op(0x28);

export function pickle(value: Picklable): PickleData {
  const storages = new Map<Tensor, number>();
  const pieces = [Buffer.of(0x80, 2), ...piecesOf(value, storages), op(0x2e)];
  return { bytes: Buffer.concat(pieces), storages: [...storages.keys()] };
}

function* piecesOf(value: Picklable, storages: Map<Tensor, number>): Generator<Buffer> {
  if (value === null) yield op(0x4e);
  else if (typeof value === 'boolean') yield op(value ? 0x88 : 0x89);
  else if (typeof value === 'number') yield number(value);
  else if (typeof value === 'bigint') yield long(value);
  else if (typeof value === 'string') yield text(value);
  else if (value instanceof Tensor) yield* tensorPieces(value, storages);
  else if (isList(value)) {
    yield op(0x5d); // EMPTY_LIST
    yield mark;
    for (const item of value) yield* piecesOf(item, storages);
    yield op(0x65); // APPENDS
  } else {
    yield op(0x7d); // EMPTY_DICT
    yield mark;
    for (const [key, item] of value instanceof Map ? value : Object.entries(value)) {
      yield* piecesOf(key, storages);
      yield* piecesOf(item, storages);
    }
    yield op(0x75); // SETITEMS
  }
}

function isList(value: Picklable): value is readonly Picklable[] {
  return Array.isArray(value);
}

/** A call of `_rebuild_tensor_v2`: storage, offset, shape, strides, requires_grad, hooks. */
function* tensorPieces(value: Tensor, storages: Map<Tensor, number>): Generator<Buffer> {
  const key = storages.get(value) ?? storages.size;
  storages.set(value, key);
  const { dtype, elements, shape } = value;
  yield global('torch._utils', '_rebuild_tensor_v2');
  yield mark;
  yield mark;
  yield text('storage');
  yield global('torch', storageClass(dtype));
  yield text(String(key));
  yield text('cpu');
  yield number(elements);
  yield tuple;
  yield op(0x51); // BINPERSID
  yield number(0);
  yield numbers(shape);
  yield numbers(denseStrides(shape));
  yield op(0x89); // NEWFALSE
  yield global('collections', 'OrderedDict');
  yield op(0x29); // EMPTY_TUPLE
  yield reduce;
  yield tuple;
  yield reduce;
}

function storageClass(dtype: DType): string {
  const [, , storage] = elementTypes.find(([known]) => known === dtype) ?? [];
  if (storage !== undefined) return storage;
  throw new SerializationError(`Expected a dtype that PyTorch stores but got ${dtype}.`);
}

function denseStrides(shape: readonly number[]): number[] {
  return shape.map((_, i) => shape.slice(i + 1).reduce((product, size) => product * size, 1));
}

function numbers(values: readonly number[]): Buffer {
  return Buffer.concat([mark, ...values.map(number), tuple]);
}

/** Encodes a number: whole numbers become `int`, others `float`. */
function number(value: number): Buffer {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    return value >= -(2 ** 31) && value < 2 ** 31 ? int(value) : long(BigInt(value));
  }
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return op(0x47, bytes); // BINFLOAT
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return op(0x4a, bytes); // BININT
}

/** Encodes an integer in two's complement, the lowest byte first. */
function long(value: bigint): Buffer {
  let bytes = 1;
  while (BigInt.asIntN(8 * bytes, value) !== value) bytes++;
  const digits = BigInt.asUintN(8 * bytes, value)
    .toString(16)
    .padStart(2 * bytes, '0');
  if (bytes > 255)
    throw new SerializationError('Expected an integer of at most 255 bytes but got a longer one.');
  return op(0x8a, Buffer.of(bytes), Buffer.from(digits, 'hex').reverse()); // LONG1
}

function text(value: string): Buffer {
  const encoded = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(encoded.length);
  return op(0x58, length, encoded); // BINUNICODE
}

function global(module: string, name: string): Buffer {
  return op(0x63, Buffer.from(`${module}\n${name}\n`));
}
