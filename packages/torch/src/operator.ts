/** Any operator of libtorch by name, for those that have no typed function. */
import { native } from './native.js';
import { Tensor } from './tensor.js';

/**
 * Calls an operator with its arguments in the schema's order; the results come back as tensors, numbers,
 * or arrays of them. `undefined` stands for an argument's default.
 *
 * @param name with overload: `aten::cumprod`, `aten::add.Tensor`
 * @throws TorchError when libtorch has no such operator; OperatorError when it fails
 */
export function callOperator(name: string, ...values: unknown[]): unknown {
  const index = native.operatorIndex(name);
  return fromNative(native.call(index, ...values.map(toNative)), returnsTensors(name));
}

function toNative(value: unknown): unknown {
  if (value instanceof Tensor) return value.handle;
  return Array.isArray(value) ? value.map(toNative) : value;
}

function fromNative(value: unknown, tensors: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => fromNative(item, tensors));
  return tensors && typeof value === 'number' ? new Tensor(value) : value;
}

function returnsTensors(name: string): boolean {
  const schema = native.schemas().find((text) => text.startsWith(`${name}(`));
  return schema?.split(' -> ')[1]?.includes('Tensor') ?? false;
}
