import { describe, expect, test } from 'vitest';
import { TorchError } from '../addon/errors.js';
import { tensor } from '../tensor/tensor.js';
import { gradcheck } from './gradcheck.js';

const inputs = () =>
  [
    tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: 'f64' },
    ),
    tensor([0.5, -0.5], { dtype: 'f64' }),
  ] as const;

describe('gradcheck', () => {
  test('accepts right gradients and leaves the inputs as they were', () => {
    const [a, b] = inputs();
    gradcheck((x, y) => x.matmul(y).tanh(), [a, b]);
    expect([...a.toArray(), ...b.toArray()]).toEqual([1, 2, 3, 4, 0.5, -0.5]);
    expect(a.requiresGrad).toBe(false);
  });

  test('names the place of a wrong gradient', () => {
    const [a, b] = inputs();
    // The gradient of the second factor is lost.
    expect(() => gradcheck((x, y) => x.mul(y.detach()).add(y.mul(0)), [a, b])).toThrow(
      /^Expected gradient 7\.\d+ by finite differences for input 1 at \[0\] but autograd gives 0\.$/,
    );
    expect([...b.toArray()]).toEqual([0.5, -0.5]);
  });

  test('refuses single precision', () => {
    expect(() => gradcheck((x) => x, [tensor([1])])).toThrow(TorchError);
  });
});
