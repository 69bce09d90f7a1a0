import { describe, expect, test } from 'vitest';
import { tensor } from '../tensor/tensor.js';
import { expectClose } from './expect-close.js';

describe('expectClose', () => {
  test('accepts what is within the tolerance', () => {
    expectClose(tensor([1, 100]), [1.01, 101], { atol: 0.011, rtol: 0.01 });
    expectClose(
      tensor([Number.NaN, Number.NEGATIVE_INFINITY]),
      [Number.NaN, Number.NEGATIVE_INFINITY],
      { atol: 0 },
    );
    expectClose(tensor([true]), tensor([1]), { atol: 0 });
  });

  test('tells the largest difference and where it is', () => {
    expect(() =>
      expectClose(
        tensor([
          [1, 2],
          [3, 4],
        ]),
        [
          [1, 2.5],
          [5, 4],
        ],
        { atol: 0.1 },
      ),
    ).toThrow(
      'Expected values within 0.1 but the largest difference is 2 at [1, 0], where 3 stands for 5; ' +
        '2 of 4 differ too much.',
    );
  });

  test('refuses NaN for a number, and another shape', () => {
    expect(() => expectClose(tensor([Number.NaN]), [1], { atol: 1 })).toThrow(
      'difference is Infinity',
    );
    expect(() => expectClose(tensor([1]), [Number.NaN], { atol: 1 })).toThrow(
      'difference is Infinity',
    );
    expect(() => expectClose(tensor([1]), [[1]], { atol: 1 })).toThrow(
      'Expected shape [1, 1] but got [1].',
    );
  });
});
