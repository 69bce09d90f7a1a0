/**
 * An ONNX model as a protocol buffer.
 *
 * Source: the ONNX specification, onnx.proto of IR version 8; the numbers below are those of its
 * fields.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Names stand for sizes that are known when the model runs. */
export type Shape = readonly (number | string)[];

export const elementTypes = { f32: 1, i32: 6, i64: 7, f16: 10 } as const;

export type ElementType = keyof typeof elementTypes;

export interface Constant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
  /** Little-endian, in raster order. */
  readonly bytes: Uint8Array;
}

/** Integers, floats by `{ float }`, text by `{ text }`, and lists of integers. */
export type Attribute =
  | number
  | readonly number[]
  | { readonly float: number }
  | { readonly text: string };

export interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** The element type of a model's inner values. */
export type Precision = 'f32' | 'f16';

/** A value with its shape. */
export interface ValueInfo {
  readonly name: string;
  readonly shape: Shape;
  /** Default: the precision of the model. */
  readonly type?: ElementType | undefined;
}

/** An output of a model: f32, unless it has numbers of classes. */
export interface OutputInfo extends ValueInfo {
  readonly type?: 'i32' | undefined;
}

export interface OnnxModel {
  readonly name: string;
  readonly producerVersion: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly OutputInfo[];
  /** The intermediate values. Inputs are f32 in any case. */
  readonly values: readonly ValueInfo[];
  /** The precision of `values`. */
  readonly precision: Precision;
  /** The nodes in an order in which they can run. */
  readonly nodes: readonly Node[];
  readonly constants: readonly Constant[];
  /** Metadata for programs that use the model. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The version of the operators that a model is made of; LayerNormalization came with 17. */
const opset = 17;
const irVersion = 8;

export function encodeModel(model: OnnxModel): Uint8Array {
  const message = new BinaryWriter();
  message.tag(1, WireType.Varint).int64(irVersion);
  text(message, 2, 'um-mae');
  text(message, 3, model.producerVersion);
  nested(message, 7, encodeGraph(model));
  nested(message, 8, new BinaryWriter().tag(2, WireType.Varint).int64(opset));
  for (const [key, value] of Object.entries(model.metadata)) {
    const entry = new BinaryWriter();
    text(entry, 1, key);
    text(entry, 2, value);
    nested(message, 14, entry);
  }
  return message.finish();
}

function encodeGraph(model: OnnxModel): BinaryWriter {
  const { name, nodes, constants, inputs, outputs, values, precision } = model;
  const message = new BinaryWriter();
  for (const [index, node] of nodes.entries()) nested(message, 1, encodeNode(node, index));
  text(message, 2, name);
  for (const constant of constants) nested(message, 5, encodeConstant(constant));
  for (const value of inputs) nested(message, 11, encodeValue(value, 'f32'));
  for (const value of outputs) nested(message, 12, encodeValue(value, value.type ?? 'f32'));
  for (const value of values) nested(message, 13, encodeValue(value, value.type ?? precision));
  return message;
}

function encodeNode({ operator, inputs, outputs, attributes }: Node, index: number): BinaryWriter {
  const message = new BinaryWriter();
  for (const input of inputs) text(message, 1, input);
  for (const output of outputs) text(message, 2, output);
  text(message, 3, `${operator}_${index}`);
  text(message, 4, operator);
  for (const [name, value] of Object.entries(attributes)) {
    nested(message, 5, encodeAttribute(name, value));
  }
  return message;
}

/** The types of AttributeProto. */
const attributeTypes = { float: 1, int: 2, text: 3, ints: 7 } as const;

function encodeAttribute(name: string, value: Attribute): BinaryWriter {
  const message = new BinaryWriter();
  text(message, 1, name);
  const type = (kind: keyof typeof attributeTypes) =>
    message.tag(20, WireType.Varint).int32(attributeTypes[kind]);
  if (typeof value === 'number') {
    message.tag(3, WireType.Varint).int64(value);
    return type('int');
  }
  if ('float' in value) {
    message.tag(2, WireType.Bit32).float(value.float);
    return type('float');
  }
  if ('text' in value) {
    text(message, 4, value.text);
    return type('text');
  }
  for (const item of value) message.tag(8, WireType.Varint).int64(item);
  return type('ints');
}

function encodeConstant({ name, shape, type, bytes }: Constant): BinaryWriter {
  const message = new BinaryWriter();
  for (const size of shape) message.tag(1, WireType.Varint).int64(size);
  message.tag(2, WireType.Varint).int32(elementTypes[type]);
  text(message, 8, name);
  message.tag(9, WireType.LengthDelimited).bytes(bytes);
  return message;
}

function encodeValue({ name, shape }: ValueInfo, element: ElementType): BinaryWriter {
  const dimensions = new BinaryWriter();
  for (const size of shape) {
    const dimension = new BinaryWriter();
    if (typeof size === 'number') dimension.tag(1, WireType.Varint).int64(size);
    else text(dimension, 2, size);
    nested(dimensions, 1, dimension);
  }
  const tensor = new BinaryWriter().tag(1, WireType.Varint).int32(elementTypes[element]);
  nested(tensor, 2, dimensions);
  const type = new BinaryWriter();
  nested(type, 1, tensor);
  const message = new BinaryWriter();
  text(message, 1, name);
  nested(message, 2, type);
  return message;
}

function text(message: BinaryWriter, field: number, value: string): void {
  message.tag(field, WireType.LengthDelimited).string(value);
}

function nested(message: BinaryWriter, field: number, inner: BinaryWriter): void {
  message.tag(field, WireType.LengthDelimited).bytes(inner.finish());
}
