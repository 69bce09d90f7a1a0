/** Any operator of libtorch by name, for those that have no typed function. */
import { native } from '../addon/native.js';
import { Generator } from '../device/random.js';
import { Tensor } from './tensor.js';

/**
 * Calls an operator with its arguments in the schema's order; the results come back as tensors,
 * numbers, or arrays of them. `undefined` stands for an argument's default. An in-place operator
 * returns nothing.
 *
 * @param name with overload: `aten::cumprod`, `aten::add.Tensor`
 * @throws TorchError when libtorch has no such operator; OperatorError when it fails
 *
 * @example
 * ```ts
 * import { callOperator, hasKernel, productRates, Tensor, tensor, useKernels } from '@um-mae/torch';
 *
 * const x = tensor([1, 2, 3]);
 * const products = callOperator('aten::cumprod', x, 0);
 * console.log(products instanceof Tensor && products.toArray().join(' ')); // 1 2 6
 *
 * useKernels(false); // compositions of libtorch's operators instead, to compare with
 * console.log(hasKernel('um::linear', x)); // false
 * useKernels(true);
 * for (const { library, flopsPerSecond } of productRates()) console.log(library, flopsPerSecond);
 * ```
 */
export function callOperator(name: string, ...values: unknown[]): unknown {
  const { index, types } = resolve(name);
  const result = native.call(index, ...values.map(toNative));
  if (types.length === 1) return fromNative(result, types[0]);
  return Array.isArray(result) ? result.map((item, i) => fromNative(item, types[i])) : result;
}

/** The index and the argument types of every operator that has been called. */
const resolved = new Map<string, { readonly index: number; readonly types: readonly string[] }>();

function resolve(name: string) {
  let operator = resolved.get(name);
  if (!operator) {
    const index = native.operatorIndex(name);
    operator = { index, types: returnTypes(native.schema(index)) };
    resolved.set(name, operator);
  }
  return operator;
}

function toNative(value: unknown): unknown {
  if (value instanceof Tensor || value instanceof Generator) return value.handle;
  return Array.isArray(value) ? value.map(toNative) : value;
}

/** Tensors come as handles, which only the schema tells from numbers. */
function fromNative(value: unknown, type = ''): unknown {
  if (!type.startsWith('Tensor')) return value;
  if (Array.isArray(value)) return value.map((item) => fromNative(item, type));
  return typeof value === 'number' ? new Tensor(value) : value;
}

/** `aten::sort(...) -> (Tensor values, Tensor indices)` gives two. */
function returnTypes(schema: string): string[] {
  const [, results = ''] = schema.split(/ -> (?=[^>]*$)/);
  return results.replace(/^\((.*)\)$/, '$1').split(', ');
}
