import { describe, expect, test } from 'vitest';
import { Generator } from '../../../device/random.js';
import { ones, randn } from '../../../generated/operators.js';
import { noGrad } from '../../../tensor/autograd.js';
import { expectClose } from '../../../testing/expect-close.js';
import { gradcheck } from '../../../testing/gradcheck.js';
import { TransposedConv2d } from './transposed-conv2d.js';

describe('TransposedConv2d', () => {
  const generator = new Generator(1);

  test('makes a square of every place', () => {
    const layer = new TransposedConv2d(1, 1, { kernel: 2, generator });
    const square = noGrad(() => layer.forward(ones([1, 1, 1, 1])));
    expectClose(
      square,
      noGrad(() => layer.weight.add(layer.bias)),
      { atol: 1e-6 },
    );
    expect(layer.forward(ones([2, 1, 3, 5])).shape).toEqual([2, 1, 6, 10]);
  });

  test('has the gradients of finite differences', () => {
    const layer = new TransposedConv2d(3, 2, { kernel: 2, generator }).to('f64');
    const x = randn([1, 3, 2, 2], { generator, dtype: 'f64' });
    gradcheck(() => layer.forward(x), [x, ...layer.namedParameters().values()]);
  });
});
