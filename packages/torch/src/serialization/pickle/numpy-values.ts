/**
 * NumPy's scalars, element types and arrays, as pickles hold them.
 *
 * Source: NumPy, numpy/_core/src/multiarray/descriptor.c and methods.c, `__reduce__` of each.
 */
import { type DType, typedArrayOver } from '../../addon/dtype.js';
import { type Tensor, tensor } from '../../tensor/tensor.js';

/** An element type such as `f8`; its byte order comes after it. */
export class NumpyType {
  readonly name = 'numpy.dtype';
  #isBig = false;

  constructor(readonly code: string) {}

  get isBig(): boolean {
    return this.#isBig;
  }

  /** @param state what `__setstate__` takes: a version, then the byte order */
  setState(state: unknown): void {
    if (Array.isArray(state)) this.#isBig = state[1] === '>';
  }
}

type Reader = (view: DataView, isLittle: boolean) => number | bigint | boolean;

const readers: Readonly<Record<string, Reader>> = {
  b1: (view) => view.getUint8(0) !== 0,
  i1: (view) => view.getInt8(0),
  i2: (view, isLittle) => view.getInt16(0, isLittle),
  i4: (view, isLittle) => view.getInt32(0, isLittle),
  i8: (view, isLittle) => integer(view.getBigInt64(0, isLittle)),
  u1: (view) => view.getUint8(0),
  u2: (view, isLittle) => view.getUint16(0, isLittle),
  u4: (view, isLittle) => view.getUint32(0, isLittle),
  u8: (view, isLittle) => integer(view.getBigUint64(0, isLittle)),
  f4: (view, isLittle) => view.getFloat32(0, isLittle),
  f8: (view, isLittle) => view.getFloat64(0, isLittle),
};

function integer(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** The value of a scalar; undefined where we have no type for it. */
export function numpyScalar(
  type: unknown,
  bytes: unknown,
): number | bigint | boolean | string | undefined {
  if (!(type instanceof NumpyType) || !(bytes instanceof Uint8Array)) return undefined;
  if (/^S\d+$/.test(type.code)) return Buffer.from(bytes).toString('latin1');
  const reader = readers[type.code];
  if (!reader || bytes.length !== Number(type.code.slice(1))) return undefined;
  return reader(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), !type.isBig);
}

const elementTypes: Readonly<Record<string, DType>> = {
  b1: 'bool',
  u1: 'u8',
  i4: 'i32',
  i8: 'i64',
  f2: 'f16',
  f4: 'f32',
  f8: 'f64',
};

/** An array; what is in it comes after it. */
export class NumpyArray {
  readonly name = 'numpy.ndarray';
  #state: readonly unknown[] = [];

  /**
   * @param state what `__setstate__` takes: version, shape, type, whether columns come first, and
   *   bytes
   */
  setState(state: unknown): void {
    if (Array.isArray(state)) this.#state = state;
  }

  /** The array as a tensor; undefined for elements that we have no type for, and for objects. */
  tensor(): Tensor | undefined {
    const [, shape, type, isColumnMajor, bytes] = this.#state;
    if (!(type instanceof NumpyType) || !(bytes instanceof Uint8Array)) return undefined;
    const dtype = elementTypes[type.code];
    if (!dtype || type.isBig || !isShape(shape)) return undefined;
    const elements = shape.reduce((product, size) => product * size, 1);
    if (elements * Number(type.code.slice(1)) !== bytes.length) return undefined;
    const values = typedArrayOver(Uint8Array.from(bytes).buffer, dtype);
    if (isColumnMajor !== true) return tensor(values, { dtype, shape });
    const axes = shape.map((_, axis) => shape.length - 1 - axis);
    return tensor(values, { dtype, shape: shape.toReversed() }).permute(axes);
  }
}

function isShape(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) >= 0)
  );
}
