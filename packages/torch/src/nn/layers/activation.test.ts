import { describe, expect, test } from 'vitest';
import { linspace } from '../../generated/operators.js';
import { tensor } from '../../tensor/tensor.js';
import { expectClose } from '../../testing/expect-close.js';
import { gradcheck } from '../../testing/gradcheck.js';
import { Gelu, Relu } from './activation.js';

// None of them is 0, where the derivative of a ReLU jumps.
const points = () => linspace(-3, 3, 8, { dtype: 'f64' });

describe('Relu', () => {
  test('cuts off below 0', () => {
    expect([...new Relu().forward(tensor([-1, 0, 2])).toArray()]).toEqual([0, 0, 2]);
  });

  test('has the gradients of finite differences', () => {
    gradcheck((x) => new Relu().forward(x), [points()]);
  });
});

describe('Gelu', () => {
  test('is x times the normal distribution function of x', () => {
    const x = points();
    const expected = x.div(Math.SQRT2).erf().add(1).mul(0.5).mul(x);
    expectClose(new Gelu().forward(x), expected, { atol: 1e-12 });
  });

  test('has the gradients of finite differences', () => {
    gradcheck((x) => new Gelu().forward(x), [points()]);
  });
});
