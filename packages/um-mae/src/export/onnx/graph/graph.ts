/**
 * Builds the graph of an ONNX model, one operator after the other, with the shape of every value.
 * Sizes that are known only when the model runs have names.
 */
import { ok as assert } from 'node:assert';
import { type Tensor, tensor } from '@um-mae/torch';
import { at } from '../../../at.js';
import {
  type Attribute,
  type Constant,
  type ElementType,
  elementTypes,
  type Node,
  type OutputInfo,
  type Precision,
  type Shape,
  type ValueInfo,
} from './model-message.js';

/** The output of an operator. The first size of its shape may be a name; in open graphs all may. */
export type Value = ValueInfo;

/** The size of an axis: a number, or the name of one that is measured when the model runs. */
export type Size = Value['shape'][number];

/** Numbers that every run of the model has in common. */
export interface Initializer {
  readonly name: string;
  readonly shape: readonly number[];
}

export class Graph {
  readonly nodes: Node[] = [];
  readonly constants: Constant[] = [];
  /** Values of known shapes; those of an open graph are left to whoever runs it. */
  readonly values: ValueInfo[] = [];
  readonly #stored = new Map<Tensor, Initializer>();
  /** Sizes that are measured when the model runs, i64 [1], by their names. */
  readonly #measured = new Map<Size, Value>();
  #count = 0;

  /**
   * @param batch images at once, or the name of their number
   * @param precision that everything between inputs and outputs has
   * @param isOpen whether images may have any size
   */
  constructor(
    readonly batch: number | string,
    readonly precision: Precision,
    readonly isOpen = false,
  ) {}

  /** Values of a tensor; those of the same one are stored once. */
  constant(tensor: Tensor): Initializer {
    const found = this.#stored.get(tensor) ?? this.#storeTensor(tensor, this.precision);
    this.#stored.set(tensor, found);
    return found;
  }

  #storeTensor(tensor: Tensor, type: Precision): Initializer {
    const { buffer, byteOffset, byteLength } = tensor.to(type).contiguous().toArray();
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    return this.store({ shape: tensor.shape, type, bytes });
  }

  /** @param type default: that of the graph */
  number(value: number, type = this.precision): Initializer {
    return this.#storeTensor(tensor(value), type);
  }

  /** Returns an input of the graph, or other f32 values, in the precision of the graph. */
  input(x: ValueInfo): Value {
    return this.precision === 'f32' ? x : this.cast(x, this.precision);
  }

  cast(x: Value, type: ElementType): Value {
    const output = this.value(x.shape, type);
    this.push('Cast', [x], [output], { to: elementTypes[type] });
    return output;
  }

  add(x: Value, other: Value | Initializer): Value {
    return this.node('Add', [x, other], x.shape);
  }

  multiply(x: Value, other: Value | Initializer): Value {
    return this.node('Mul', [x, other], x.shape);
  }

  /** Multiplies along the last two axes; by a constant [inputs, outputs], along the last axis. */
  product(x: Value, other: Value | Initializer): Value {
    const last = other.shape.at(-1);
    assert(last !== undefined, 'a product is of matrices');
    return this.node('MatMul', [x, other], [...x.shape.slice(0, -1), last]);
  }

  /**
   * x weight^T + bias over the last axis. As one product of matrices, which takes the bias along:
   * products of more axes add it in another pass over memory.
   *
   * @param weight [outputs, inputs]
   */
  affine(x: Value, weight: Initializer, bias: Initializer | undefined): Value {
    const [outputs = 0, inputs = 0] = weight.shape;
    const rows = this.rowsOf(x.shape);
    const flat = this.reshape(x, [rows, inputs]);
    const operands = bias ? [flat, weight, bias] : [flat, weight];
    const product = this.node('Gemm', operands, [rows, outputs], { transB: 1 });
    return this.reshape(product, [...x.shape.slice(0, -1), outputs]);
  }

  /** @param shape one size that is a name follows from the others; of more, all are measured ones */
  reshape(x: Value, shape: Shape): Value {
    const names = shape.filter((size) => typeof size !== 'number');
    if (names.length > 1) return this.node('Reshape', [x, this.sizes(shape)], shape);
    const sizes = shape.map((size) => (typeof size === 'number' ? size : -1));
    return this.node('Reshape', [x, this.integers(sizes)], shape);
  }

  /** The same value, of which these axes have sizes that are measured when the model runs. */
  measured(x: Value, axes: readonly number[]): Value {
    const shape = x.shape.map((size, axis) => {
      return axes.includes(axis) ? this.measure(this.sizeOf(x, axis)) : size;
    });
    return { name: x.name, shape };
  }

  /** @returns i64 [1] */
  sizeOf(x: Value, axis: number): Value {
    return this.node('Shape', [x], [1], { start: axis, end: axis + 1 });
  }

  /** @param size i64 [1]  @returns the name of the size */
  measure(size: Value, name = `size_${this.#measured.size}`): string {
    this.#measured.set(name, size);
    return name;
  }

  /** @returns i64 [1] */
  size(size: Size): Value | Initializer {
    const found = typeof size === 'number' ? this.integers([size]) : this.#measured.get(size);
    assert(found, 'a size is a number, or has been measured');
    return found;
  }

  /** @returns i64 [axes] */
  sizes(shape: Shape): Value {
    const parts = shape.map((size) => this.size(size));
    return this.node('Concat', parts, [shape.length], { axis: 0 });
  }

  transpose(x: Value, axes: readonly number[]): Value {
    const shape = axes.map((axis) => at(x.shape, axis));
    return this.node('Transpose', [x], shape, { perm: axes });
  }

  /** The entries of an axis at these places, in this order. */
  gather(x: Value, places: readonly number[], axis: number): Value {
    const shape = x.shape.map((size, i) => (i === axis ? places.length : size));
    return this.node('Gather', [x, this.integers(places)], shape, { axis });
  }

  /** The entries of an axis from this place on. */
  from(x: Value, place: number, axis: number): Value {
    const size = at(x.shape, axis);
    const shape = x.shape.map((own, i) =>
      i === axis ? (typeof size === 'number' ? size - place : 'rest') : own,
    );
    const bounds = [[place], [2 ** 31 - 1], [axis]].map((values) => this.integers(values));
    return this.node('Slice', [x, ...bounds], shape);
  }

  /** The last axis, in equal parts. */
  split(x: Value, parts: number): Value[] {
    const last = Number(x.shape.at(-1)) / parts;
    const shape = [...x.shape.slice(0, -1), last];
    const sizes = this.integers(Array.from({ length: parts }, () => last));
    const outputs = Array.from({ length: parts }, () => this.value(shape));
    this.push('Split', [x, sizes], outputs, { axis: x.shape.length - 1 });
    return outputs;
  }

  /** Zeros before and after each axis. */
  pad(x: Value, before: readonly number[], after: readonly number[]): Value {
    const shape = x.shape.map((size, axis) => {
      const more = at(before, axis) + at(after, axis);
      return typeof size === 'number' ? size + more : size;
    });
    return this.node('Pad', [x, this.integers([...before, ...after])], shape);
  }

  softmax(x: Value): Value {
    return this.node('Softmax', [x], x.shape, { axis: -1 });
  }

  divide(x: Value, other: Initializer): Value {
    return this.node('Div', [x, other], x.shape);
  }

  erf(x: Value): Value {
    return this.node('Erf', [x], x.shape);
  }

  /** Normalises over the last axis. */
  layerNorm(
    x: Value,
    scale: Initializer,
    { bias, epsilon }: { bias: Initializer; epsilon: number },
  ): Value {
    const attributes = { axis: -1, epsilon: { float: epsilon } };
    return this.node('LayerNormalization', [x, scale, bias], x.shape, attributes);
  }

  /** Means over axes, which disappear. */
  mean(x: Value, axes: readonly number[]): Value {
    const shape = x.shape.filter((_, axis) => !axes.includes(axis));
    return this.node('ReduceMean', [x], shape, { axes, keepdims: 0 });
  }

  /**
   * Convolves by a square kernel whose side is its stride:
   * [batch, inputs, height, width] -> [batch, outputs, height / stride, width / stride].
   */
  convolution(x: Value, weight: Initializer, bias: Initializer): Value {
    const [outputs = 0, , side = 1] = weight.shape;
    const [batch = 0, , height, width] = x.shape;
    const shape = [batch, outputs, Number(height) / side, Number(width) / side];
    const attributes = { kernel_shape: [side, side], strides: [side, side] };
    const map = this.node('Conv', [x, weight, bias], shape, attributes);
    return this.isOpen ? this.measured(map, [2, 3]) : map;
  }

  /** The same under the name of an output. */
  output(x: Value, name: string): OutputInfo {
    const named = { name, shape: x.shape };
    if ((x.type ?? this.precision) === 'f32') this.push('Identity', [x], [named], {});
    else this.push('Cast', [x], [named], { to: elementTypes.f32 });
    return named;
  }

  /** The place of the largest number along an axis, as an output of whole numbers. */
  largest(x: Value, axis: number, name: string): OutputInfo {
    const shape = x.shape.filter((_, i) => i !== axis);
    const found = { name: `places_of_${x.name}`, shape };
    const numbers = this.precision === 'f32' ? x : this.cast(x, 'f32');
    this.push('ArgMax', [numbers], [found], { axis, keepdims: 0 });
    const named = { name, shape, type: 'i32' } as const;
    this.push('Cast', [found], [named], { to: elementTypes.i32 });
    return named;
  }

  /** `count` times the size of the batch, for axes in which windows are joined to it. */
  batches(count: number): number | string {
    if (typeof this.batch === 'number') return this.batch * count;
    return count === 1 ? this.batch : `${count}*${this.batch}`;
  }

  /** Returns the number of vectors along the last axis. */
  private rowsOf([first = 1, ...rest]: Shape): number | string {
    if (this.isOpen) return 'rows';
    const each = rest.slice(0, -1).reduce<number>((product, size) => product * Number(size), 1);
    if (typeof first === 'number') return first * each;
    // A name that `batches` has given.
    return this.batches((first === this.batch ? 1 : Number.parseInt(first, 10)) * each);
  }

  /** Numbers that stay f32 whatever the precision: parameters of operators. */
  floats(values: readonly number[]): Initializer {
    return this.store({
      shape: [values.length],
      type: 'f32',
      bytes: bytesOf(Float32Array.from(values)),
    });
  }

  integers(values: readonly number[]): Initializer {
    const bytes = bytesOf(BigInt64Array.from(values, BigInt));
    return this.store({ shape: [values.length], type: 'i64', bytes });
  }

  private store(constant: Omit<Constant, 'name'>): Initializer {
    const name = `constant_${this.constants.length}`;
    this.constants.push({ name, ...constant });
    return { name, shape: constant.shape };
  }

  /**
   * Applies an operator of one output, which has the type of the first input. An input that is left
   * out is `undefined`.
   */
  node(
    operator: string,
    inputs: readonly (Value | Initializer | undefined)[],
    shape: Shape,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    const [first] = inputs;
    const output = this.value(shape, first && 'type' in first ? first.type : undefined);
    this.push(operator, inputs, [output], attributes);
    return output;
  }

  private value(shape: Shape, type?: ElementType): Value {
    const value = { name: `value_${this.#count++}`, shape, type };
    if (!this.isOpen) this.values.push(value);
    return value;
  }

  private push(
    operator: string,
    inputs: readonly (Value | Initializer | undefined)[],
    outputs: readonly Value[],
    attributes: Node['attributes'],
  ): void {
    const names = (values: readonly (ValueInfo | Initializer | undefined)[]) =>
      values.map((value) => value?.name ?? '');
    this.nodes.push({ operator, inputs: names(inputs), outputs: names(outputs), attributes });
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
