import { describe, expect, test } from 'vitest';
import { bytesPerElement, type DType, type TypedArray } from '../addon/dtype.js';
import { OperatorError, ShapeError, TorchError } from '../addon/errors.js';
import { memory } from '../device/memory.js';
import { arange, ones, zeros } from '../generated/operators.js';
import { scope } from './scope.js';
import { fromArray, type Tensor, tensor } from './tensor.js';

const arrays: Record<DType, TypedArray> = {
  f32: Float32Array.of(1.5, -2),
  f64: Float64Array.of(Math.PI, -2),
  f16: Uint16Array.of(0x3c00, 0xc000),
  bf16: Uint16Array.of(0x3f80, 0xc000),
  i64: BigInt64Array.of(2n ** 62n, -1n),
  i32: Int32Array.of(2 ** 30, -1),
  u8: Uint8Array.of(0, 255),
  bool: Uint8Array.of(0, 1),
};
const dtypes = Object.entries(arrays) as [DType, TypedArray][];

describe('tensor', () => {
  test.each(dtypes)('brings %s in and out', (dtype, array) => {
    const made = tensor(array, { dtype });
    expect(made.dtype).toBe(dtype);
    expect(made.toArray()).toEqual(array);
    expect(made.data().byteLength).toBe(2 * bytesPerElement(dtype));
  });

  test.each(dtypes)('makes %s from numbers', (dtype) => {
    const made = tensor([[0], [1]], { dtype });
    expect(`${made}`).toBe(`Tensor ${dtype}[2, 1]`);
    expect([...made.to('f64').toArray()]).toEqual([0, 1]);
  });

  test('takes its shape and dtype from nested arrays', () => {
    expect(`${tensor([[1, 2, 3]])}`).toBe('Tensor f32[1, 3]');
    expect(`${tensor([true, false])}`).toBe('Tensor bool[2]');
    expect(`${tensor(7)}`).toBe('Tensor f32[]');
    expect(`${tensor([])}`).toBe('Tensor f32[0]');
    expect(`${tensor([[], []])}`).toBe('Tensor f32[2, 0]');
    expect(`${tensor([1, 2, 3, 4], { shape: [2, 2] })}`).toBe('Tensor f32[2, 2]');
  });

  test('copies', () => {
    const array = Float32Array.of(1);
    const made = tensor(array);
    array[0] = 2;
    expect(made.number()).toBe(1);
  });

  test('converts typed arrays when another dtype is asked for', () => {
    expect(tensor(Float32Array.of(1.9, -1.9), { dtype: 'i32' }).toArray()).toEqual(
      Int32Array.of(1, -1),
    );
    expect(tensor(Uint8Array.of(0, 7), { dtype: 'bool' }).toArray()).toEqual(Uint8Array.of(0, 1));
    expect(tensor(Float32Array.of(1), { dtype: 'bf16' }).toArray()).toEqual(Uint16Array.of(0x3f80));
  });

  test('takes typed arrays in the middle of a buffer, and shared ones', () => {
    const shared = new Float32Array(new SharedArrayBuffer(16));
    shared.set([1, 2, 3, 4]);
    expect([...tensor(shared.subarray(1, 3)).toArray()]).toEqual([2, 3]);
    expect([...fromArray(shared.subarray(2)).toArray()]).toEqual([3, 4]);
  });

  test.each([
    ['ragged arrays', () => tensor([[1, 2], [3]])],
    ['ragged arrays of the right size', () => tensor([[1, 2], [3, 4, 5], [6]])],
    ['arrays beside numbers', () => tensor([[1], 2])],
    ['a shape of another size', () => tensor([1, 2, 3], { shape: [2, 2] })],
    ['a negative shape', () => tensor([1, 2, 3, 4], { shape: [-2, -2] })],
    ['a fractional shape', () => tensor([1, 2, 3], { shape: [1.5, 2] })],
    ['a Uint16Array without dtype', () => tensor(Uint16Array.of(1))],
    ['a Uint16Array as numbers', () => tensor(Uint16Array.of(1), { dtype: 'f32' })],
  ])('refuses %s', (_, make) => {
    expect(make).toThrow(TorchError);
  });
});

describe('fromArray', () => {
  test('shares the memory of the array', () => {
    const array = Float32Array.of(1, 2, 3, 4);
    const shared = fromArray(array, { shape: [2, 2] });
    array[3] = 40;
    shared.at(0, 0).fill_(10);
    expect([...shared.toArray()]).toEqual([10, 2, 3, 40]);
    expect([...array]).toEqual([10, 2, 3, 40]);
  });

  test('takes an empty array', () => {
    expect(`${fromArray(new Float32Array())}`).toBe('Tensor f32[0]');
  });

  test('refuses to convert', () => {
    expect(() => fromArray(Float32Array.of(1), { dtype: 'i32' })).toThrow(
      'Expected `dtype` of a Float32Array but got i32.',
    );
  });
});

describe('Tensor.data', () => {
  test('is the memory of the tensor, also when read twice', () => {
    const made = zeros([2]);
    const [one, other] = [made.data(), made.data()];
    one[0] = 5;
    expect(other[0]).toBe(5);
    expect([...made.toArray()]).toEqual([5, 0]);
  });

  test('outlives the tensor', () => {
    const array = scope(() => arange(0, 1000, { dtype: 'f32' }).data());
    scope(() => ones([1000]));
    expect(array[999]).toBe(999);
  });

  test('starts where a view starts', () => {
    expect([...arange(0, 6, { dtype: 'f32' }).at(3).unsqueeze(0).data()]).toEqual([3]);
  });

  test('is empty for an empty tensor', () => {
    expect(zeros([0, 3]).data()).toEqual(new Float32Array());
  });

  test('refuses what is not contiguous', () => {
    expect(() => zeros([2, 3]).t().data()).toThrow(
      new TorchError(
        'native',
        'libtorch failed: expected a contiguous tensor on the CPU but got f32[3, 2]',
      ),
    );
  });
});

describe('Tensor.toArray', () => {
  test('orders views row by row', () => {
    const grid = arange(0, 6, { dtype: 'i32' }).reshape([2, 3]);
    expect(grid.t().toArray()).toEqual(Int32Array.of(0, 3, 1, 4, 2, 5));
    expect(grid.at(0, 0).expand([3]).toArray()).toEqual(Int32Array.of(0, 0, 0));
  });

  test('is a copy', () => {
    const made = zeros([1]);
    made.toArray()[0] = 1;
    expect(made.number()).toBe(0);
  });

  test('holds no memory in a loop that never yields', () => {
    const made = zeros([2 ** 18]);
    const before = memory().bytes;
    let most = 0;
    for (let i = 0; i < 50; i++) {
      made.to('f64').toArray();
      scope(() => made.add(1).toArray());
      most = Math.max(most, memory().bytes - before);
    }
    // The tensors of `to` wait for the collector, one double-precision copy each; nothing else
    // does.
    expect(most).toBeLessThan(51 * 2 ** 21);
  });
});

describe('Tensor', () => {
  test('tells its shape, strides, elements and place', () => {
    const made = zeros([2, 3, 4]).transpose(0, 2);
    expect(made.shape).toEqual([4, 3, 2]);
    expect(made.strides).toEqual([1, 4, 12]);
    expect(made.elements).toBe(24);
    expect(made.device).toBe('cpu');
    expect(Object.isFrozen(made.shape)).toBe(true);
  });

  test('gives sizes of the rank asked for, and no other', () => {
    const [rows, columns] = zeros([2, 3]).sizes(2);
    expect([rows, columns]).toEqual([2, 3]);
    expect(() => zeros([2, 3]).sizes(3)).toThrow(
      new ShapeError('a tensor', 'with 3 dimensions', [2, 3]),
    );
  });

  test.each([
    [2.5, 'f64'],
    [-0, 'f32'],
    [3, 'i64'],
    [true, 'bool'],
    [2n ** 53n, 'i64'],
    [-(2n ** 63n), 'i64'],
    [2n ** 63n - 1n, 'i64'],
  ] as const)('fills with %s and gives it back', (value, dtype) => {
    expect(zeros([], { dtype }).fill_(value).item()).toBe(value);
  });

  test('refuses integers that its numbers do not hold', () => {
    expect(() => zeros([], { dtype: 'i64' }).fill_(2n ** 63n)).toThrow(OperatorError);
    expect(() => zeros([2]).select(0, 0.5)).toThrow(OperatorError);
    expect(() => zeros([2]).select(0, 2 ** 60)).toThrow(OperatorError);
    expect(() => zeros([2]).select(0, Number.NaN)).toThrow(OperatorError);
  });

  test('has no number unless it has one element', () => {
    expect(() => zeros([2]).number()).toThrow(OperatorError);
  });

  test('converts and moves', () => {
    expect(tensor([0.5, -1.5]).to('i64').toArray()).toEqual(BigInt64Array.of(0n, -1n));
    expect(tensor([1]).to('cpu').device).toBe('cpu');
    expect(() => tensor([1]).to('f8')).toThrow(TorchError);
    expect(() => tensor([1]).to('toString')).toThrow(TorchError);
  });

  test('says that it is disposed', () => {
    const made = zeros([2]);
    made.dispose();
    made.dispose();
    expect(made.disposed).toBe(true);
    expect(`${made}`).toBe('Tensor (disposed)');
    expect(() => made.add(1)).toThrow(/disposed/);
    expect(() => made.shape).toThrow(/disposed/);
    expect(() => made.toArray()).toThrow(/disposed/);
  });

  test('takes booleans in logic and as a mask', () => {
    const positive = tensor([1, -1, 0]).gt(0);
    expect(positive.logicalOr(tensor([false, false, true])).toArray()).toEqual(
      Uint8Array.of(1, 0, 1),
    );
    expect(tensor([1, -1, 0]).maskedFill(positive, 9).toArray()).toEqual(Float32Array.of(9, -1, 0));
  });

  test('returns itself from operators in place, so that they chain', () => {
    const made = zeros([2]);
    expect(made.add_(1).mul_(tensor([2, 3]))).toBe(made);
    expect([...made.toArray()]).toEqual([2, 3]);
  });

  test('returns several results as a tuple', () => {
    const [values, indices]: [Tensor, Tensor] = tensor([3, 1, 2]).sort({ descending: true });
    expect([...values.toArray()]).toEqual([3, 2, 1]);
    expect(indices.toArray()).toEqual(BigInt64Array.of(0n, 2n, 1n));
  });
});
