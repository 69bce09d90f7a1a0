import { describe, expect, test } from 'vitest';
import { TorchError } from '../addon/errors.js';
import { memory } from '../device/memory.js';
import { arange, zeros } from '../generated/operators.js';
import { type Index, slice } from './indexing.js';
import { scope } from './scope.js';
import { type Tensor, tensor } from './tensor.js';

/** 0 to 23 as [2, 3, 4]: element (i, j, k) is 12 i + 4 j + k. */
const grid = () => arange(0, 24, { dtype: 'f32' }).reshape([2, 3, 4]);
const integers = (...values: number[]) => tensor(values, { dtype: 'i64' });
const upper = () =>
  tensor([
    [true, false, false],
    [false, false, true],
  ]);

describe('Tensor.at', () => {
  test.each<[string, () => Index[], number[], number[]]>([
    ['a number', () => [1, 2], [4], [20, 21, 22, 23]],
    ['a negative number', () => [-1, -1, -1], [], [23]],
    ['all of a dimension', () => [':', 0, 0], [2], [0, 12]],
    ['a range', () => [0, slice(1, 3), 0], [2], [4, 8]],
    ['a range from the back', () => [0, 0, slice(-2)], [2], [2, 3]],
    ['a range with a step', () => [0, 0, slice(0, null, 3)], [2], [0, 3]],
    ['an empty range', () => [0, 0, slice(2, 2)], [0], []],
    ['an ellipsis before', () => ['...', 3], [2, 3], [3, 7, 11, 15, 19, 23]],
    ['an ellipsis in between', () => [1, '...', 0], [3], [12, 16, 20]],
    ['an ellipsis for nothing', () => [1, 2, '...', 3], [], [23]],
    ['a new dimension', () => [0, null, 0], [1, 4], [0, 1, 2, 3]],
    ['a new dimension at the end', () => [0, 0, slice(0, 1), null], [1, 1], [0]],
    ['gathered rows', () => [0, integers(2, 0), 1], [2], [9, 1]],
    ['gathered columns', () => [':', 0, integers(3, 3)], [2, 2], [3, 3, 15, 15]],
    ['gathered pairs', () => [integers(0, 1), ':', integers(1, 2)], [2, 3], [1, 5, 9, 14, 18, 22]],
    ['gathered after a new dimension', () => [0, null, integers(1), 0], [1, 1], [4]],
    ['a boolean vector', () => [tensor([false, true]), 0, 0], [1], [12]],
    ['a boolean matrix', () => [upper(), 0], [2], [0, 20]],
    ['a boolean matrix, then more', () => [upper(), integers(1, 2)], [2], [1, 22]],
    [
      'a boolean matrix after a range',
      () => [slice(0, 1), upper().t().at(':', slice(0, 1)).expand([3, 4])],
      [1, 4],
      [0, 1, 2, 3],
    ],
  ])('reads %s', (_, indices, shape, values) => {
    const read = grid().at(...indices());
    expect(read.shape).toEqual(shape);
    expect([...read.toArray()]).toEqual(values);
  });

  test('gives views where it can', () => {
    const made = grid();
    made.at(1, slice(0, 2), 0).fill_(-1);
    expect(made.at(1, 0, 0).number()).toBe(-1);
    expect(made.at(1, 1, 0).number()).toBe(-1);
  });

  test('never gives the tensor itself', () => {
    const made = grid();
    made.at().dispose();
    made.at('...').dispose();
    made.at(':', ':').dispose();
    expect(made.disposed).toBe(false);
  });

  test('leaves no tensor behind', () => {
    const made = grid();
    const before = memory().tensors;
    made.at(0, slice(1), null, 2).dispose();
    made.put([0, slice(1), 2], 5);
    expect(memory().tensors).toBe(before);
  });

  test.each<[string, Index[]]>([
    ['more indices than dimensions', [0, 0, 0, 0]],
    ['two ellipses', ['...', '...']],
    ['a number out of range', [2]],
    ['a step backwards', [slice(null, null, -1)]],
  ])('refuses %s', (_, indices) => {
    expect(() => grid().at(...indices)).toThrow(TorchError);
  });
});

describe('Tensor.put', () => {
  const after = (indices: Index[], value: Tensor | number) =>
    scope(() => [...zeros([2, 3]).put(indices, value).toArray()]);

  test('writes a number, a row, and what broadcasts', () => {
    expect(after([1, 1], 7)).toEqual([0, 0, 0, 0, 7, 0]);
    expect(after([1], tensor([1, 2, 3]))).toEqual([0, 0, 0, 1, 2, 3]);
    expect(after([':', slice(1)], tensor([[4], [5]]))).toEqual([0, 4, 4, 0, 5, 5]);
  });

  test('writes to gathered places', () => {
    expect(after([':', integers(2, 0)], tensor([8, 9]))).toEqual([9, 0, 8, 9, 0, 8]);
    expect(after([upper()], 1)).toEqual([1, 0, 0, 0, 0, 1]);
    expect(after([1, integers(0)], 3)).toEqual([0, 0, 0, 3, 0, 0]);
  });
});
