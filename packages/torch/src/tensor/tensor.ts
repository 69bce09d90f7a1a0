/**
 * A tensor: a handle to one of libtorch's, with the operators as methods.
 *
 * This file and `generated/tensor-methods.ts` import each other; the generated one uses these
 * functions only when its methods are called.
 */

// Programs of newer TypeScript name no types by themselves; `using` and typed arrays need these.
/// <reference types="node" preserve="true" />

import {
  bytesPerElement,
  type DType,
  dtypeCode,
  dtypeOfArray,
  dtypeOfCode,
  holds,
  isDType,
  type TypedArray,
  typedArrayOver,
} from '../addon/dtype.js';
import { ShapeError, TorchError } from '../addon/errors.js';
import { native } from '../addon/native.js';
import { resolveDevice } from '../device/device.js';
import { TensorMethods } from '../generated/tensor-methods.js';
import { type Index, readAt, writeAt } from './indexing.js';
import { adopt, type ScopeMember, scope } from './scope.js';

/** A number in an operator's argument; whole numbers are integers to libtorch. */
export type Scalar = number | boolean | bigint;

/** The handle and size of a tensor that no scope owns, for the collector. */
interface Cell {
  handle: number;
  /** The size that the collector knows of. */
  readonly bytes: number;
}

/** Frees the tensors that nobody disposed of. */
const forgotten = new FinalizationRegistry<Cell>((cell) => {
  native.dispose(cell.handle);
  if (cell.handle !== 0 && cell.bytes > 0) native.withdrawMemory(cell.bytes);
});

/** A tuple of `Rank` sizes. */
export type Sizes<Rank extends number, Tuple extends number[] = []> = number extends Rank
  ? number[]
  : Tuple['length'] extends Rank
    ? Tuple
    : Sizes<Rank, [...Tuple, number]>;

/**
 * An n-dimensional array on a device, as in PyTorch. Freed by the `scope` that it was made in, by
 * `using`, by `dispose()`, or, outside any scope, by the garbage collector.
 */
export class Tensor extends TensorMethods implements ScopeMember {
  #handle: number;
  #cell: Cell | undefined;
  #shape: readonly number[] | undefined;

  /** Takes over a handle of the addon; not for callers, who have `tensor` and the operators. */
  constructor(handle: number) {
    super();
    this.#handle = handle;
    if (!adopt(this)) this.keep();
  }

  override get handle(): number {
    return this.#handle;
  }

  /** Size of each dimension. */
  get shape(): readonly number[] {
    this.#shape ??= Object.freeze(native.shape(this.#handle));
    return this.#shape;
  }

  /** The shape as a tuple: the shape check to write first. @throws ShapeError on another rank */
  sizes<Rank extends number>(rank: Rank): Sizes<Rank> {
    if (this.shape.length !== rank) {
      throw new ShapeError('a tensor', `with ${rank} dimensions`, this.shape);
    }
    return [...this.shape] as Sizes<Rank>;
  }

  /** Count of elements. */
  get elements(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /** Step of each dimension, in elements. */
  get strides(): readonly number[] {
    return native.strides(this.#handle);
  }

  /** @throws TorchError for element types outside `DType`, such as complex ones */
  get dtype(): DType {
    const code = native.dtype(this.#handle);
    const dtype = dtypeOfCode(code);
    if (!dtype) throw new TorchError('dtype', `Expected a known dtype but got type ${code}.`);
    return dtype;
  }

  /** `cpu`, `cuda:0`, ... */
  get device(): string {
    return native.device(this.#handle);
  }

  get disposed(): boolean {
    return this.#handle === 0;
  }

  /** Frees the tensor now; its memory goes when autograd no longer needs it either. */
  dispose(): void {
    if (this.#handle !== 0) native.dispose(this.release());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Moves the handle to another wrapper. This one counts as disposed of. */
  release(): number {
    const handle = this.#handle;
    this.#handle = 0;
    if (this.#cell) {
      if (this.#cell.bytes > 0) native.withdrawMemory(this.#cell.bytes);
      this.#cell.handle = 0;
      this.#cell = undefined;
    }
    return handle;
  }

  endOfScope(): void {
    if (!this.#cell) this.dispose();
  }

  /** Takes the tensor out of all scopes: from here on the collector frees it, or `dispose`. */
  keep(): this {
    if (this.#cell || this.#handle === 0) return this;
    this.#cell = { handle: this.#handle, bytes: native.reportMemory(this.#handle) };
    forgotten.register(this, this.#cell);
    return this;
  }

  /** The same values with another element type, or on another device. */
  to(target: DType | string): Tensor {
    return isDType(target)
      ? this.toDType(target)
      : this.toDevice(resolveDevice(target), this.dtype);
  }

  /** Whether autograd records what is computed from this tensor. */
  get requiresGrad(): boolean {
    return native.requiresGrad(this.#handle);
  }

  set requiresGrad(required: boolean) {
    native.setRequiresGrad(this.#handle, required);
  }

  /** The gradient that `backward` has summed up, or nothing yet; a new handle at every read. */
  get grad(): Tensor | undefined {
    const handle = native.grad(this.#handle);
    return handle === 0 ? undefined : new Tensor(handle);
  }

  set grad(gradient: Tensor | undefined) {
    if (gradient && gradient.shape.join() !== this.shape.join()) {
      throw new ShapeError('a gradient', `[${this.shape.join(', ')}]`, gradient.shape);
    }
    native.setGrad(this.#handle, gradient?.handle ?? null);
  }

  /**
   * Adds the gradient of this tensor to `grad` of every leaf that it was computed from.
   *
   * @param options.gradient what to start from; needed unless the tensor has one element
   * @param options.retainGraph keeps what autograd saved, for another backward pass
   */
  backward(options: { gradient?: Tensor; retainGraph?: boolean } = {}): void {
    const { gradient, retainGraph = false } = options;
    native.backward([this.#handle], [gradient?.handle ?? null], retainGraph);
  }

  /**
   * The tensor's own memory as a typed array: no copy, and writes show on both sides. The memory
   * stays until the array is collected, which a synchronous loop never waits for: `toArray` is for
   * those.
   *
   * @throws TorchError unless the tensor is contiguous and on the CPU
   */
  data(): TypedArray {
    return typedArrayOver(native.buffer(this.#handle), this.dtype);
  }

  /** The elements in row-major order as a typed array of their own, from any device. */
  toArray(): TypedArray {
    using local = this.to('cpu');
    using dense = local.contiguous();
    const { dtype } = this;
    const array = typedArrayOver(new ArrayBuffer(this.elements * bytesPerElement(dtype)), dtype);
    native.copyTo(dense.handle, array);
    return array;
  }

  /** The value of a tensor with one element. */
  number(): number {
    return Number(this.item());
  }

  /** NumPy-like indexing: `x.at(0, slice(1, 3), '...', rows)`; views where NumPy gives views. */
  at(...indices: Index[]): Tensor {
    return scope(() => readAt(this, indices));
  }

  /** Writes a tensor (broadcast) or a number to the places that `at` would read. */
  put(indices: readonly Index[], value: Tensor | number): this {
    scope(() => {
      const { dtype, device } = this;
      writeAt(this, indices, isTensor(value) ? value : tensor(value, { dtype, device }));
    });
    return this;
  }

  override toString(): string {
    if (this.disposed) return 'Tensor (disposed)';
    const place = this.device === 'cpu' ? '' : ` on ${this.device}`;
    return `Tensor ${this.dtype}[${this.shape.join(', ')}]${place}`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/** A tensor from a result of `call`. */
export function wrap(handle: unknown): Tensor {
  return new Tensor(handle as number);
}

/** Tensors from a result of `call` that holds several. */
export function wrapAll(handles: unknown): Tensor[] {
  return (handles as number[]).map((handle) => new Tensor(handle));
}

/** Returns the handles of a list of tensors, as `call` takes them. */
export function handlesOf(tensors: readonly Tensor[]): number[];
export function handlesOf(tensors: readonly (Tensor | null)[]): (number | null)[];
export function handlesOf(tensors: readonly (Tensor | null)[]): (number | null)[] {
  return tensors.map((tensor) => (tensor === null ? null : tensor.handle));
}

export function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}

/** Nested arrays of numbers or booleans. */
export type NestedNumbers = number | boolean | readonly NestedNumbers[];

/** Options of a new tensor, beside its values. */
export interface TensorOptions {
  /**
   * Default: the typed array's own; `f32` for numbers, `bool` for booleans. Values are converted.
   */
  dtype?: DType;
  /** Default: the shape of the nested arrays, or one dimension for a typed array. */
  shape?: readonly number[];
  device?: string;
}

/**
 * A tensor with its own copy of the values.
 *
 * @throws ShapeError when the shape does not hold the values; TorchError when nested arrays are
 *   ragged
 */
export function tensor(values: NestedNumbers | TypedArray, options: TensorOptions = {}): Tensor {
  const { dtype, device = 'cpu' } = options;
  using made = ArrayBuffer.isView(values) ? copyOf(values, options) : fromNested(values, options);
  return made.toDevice(resolveDevice(device), dtype ?? made.dtype);
}

/**
 * A tensor on the typed array's own memory: no copy, and writes show on both sides. The array must
 * not be resized or transferred while the tensor lives.
 *
 * @throws ShapeError when the shape does not hold the values; TorchError for a dtype of other
 *   arrays
 *
 * @example
 * ```ts
 * import { bytesPerElement, fromArray, readLater, upload, uploadArray } from '@um-mae/torch';
 *
 * const values = new Float32Array([1, 2, 3]);
 * const shared = fromArray(values); // no copy
 * values[0] = 5;
 * console.log(shared.sum().number(), bytesPerElement('f32')); // 10 4
 *
 * const batch = uploadArray(values, { shape: [3, 1], device: 'cpu' }); // or cuda, without waiting
 * console.log(upload(batch, 'cpu').shape.join(' ')); // 3 1
 * const loss = readLater(batch.sum());
 * console.log(loss.isKnown, loss.value()); // true 10
 * ```
 */
export function fromArray(array: TypedArray, options: Omit<TensorOptions, 'device'> = {}): Tensor {
  const { dtype = dtypeOfArray(array), shape } = options;
  return new Tensor(handleOver(array, dtype, shape, true));
}

/** Copies an array to a tensor of the array's own dtype; only a `Uint16Array` needs to name it. */
function copyOf(array: TypedArray, { dtype, shape }: TensorOptions): Tensor {
  return new Tensor(handleOver(array, dtypeOfArray(array) ?? dtype, shape, false));
}

function handleOver(
  array: TypedArray,
  dtype: DType | undefined,
  shape: readonly number[] = [array.length],
  borrow: boolean,
): number {
  if (!dtype || !holds(array, dtype)) {
    throw new TorchError(
      'dtype',
      `Expected \`dtype\` of a ${array.constructor.name} but got ${dtype ?? 'none'}.`,
    );
  }
  checkElements(array.length, shape);
  return native.fromArray(array, shape, dtypeCode(dtype), borrow);
}

function fromNested(values: NestedNumbers, { dtype, shape }: TensorOptions): Tensor {
  const nested: number[] = [];
  for (let level = values; Array.isArray(level); level = level[0]) nested.push(level.length);
  const flat: (number | boolean)[] = [];
  flatten(values, nested, flat);
  using exact = copyOf(Float64Array.from(flat, Number), { shape: shape ?? nested });
  return exact.toDType(dtype ?? (typeof flat[0] === 'boolean' ? 'bool' : 'f32'));
}

/** Every array of one level must be as long as the first of it. */
function flatten(
  values: NestedNumbers,
  [length, ...inner]: readonly number[],
  flat: (number | boolean)[],
): void {
  const found = Array.isArray(values) ? values.length : undefined;
  if (found !== length) {
    throw new TorchError(
      'shape',
      `Expected nested arrays of one length but got ${found ?? 'a number'} beside ${length ?? 'a number'}.`,
    );
  }
  if (Array.isArray(values)) for (const value of values) flatten(value, inner, flat);
  else flat.push(values as number | boolean);
}

function checkElements(elements: number, shape: readonly number[]): void {
  if (shape.reduce((product, size) => product * size, 1) === elements) return;
  throw new ShapeError('a tensor', `with ${elements} elements`, shape);
}
