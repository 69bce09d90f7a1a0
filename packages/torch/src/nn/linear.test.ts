import { describe, expect, test } from 'vitest';
import { randn } from '../generated/operators.js';
import { Generator } from '../random.js';
import { tensor } from '../tensor.js';
import { expectClose } from '../testing/expect-close.js';
import { gradcheck } from '../testing/gradcheck.js';
import { Linear } from './linear.js';

describe('Linear', () => {
  test('computes x W^T + b over the last dimension', () => {
    const layer = new Linear(2, 1);
    layer.weight.detach().copy_(tensor([[2, 3]]));
    layer.bias?.detach().fill_(1);
    expectClose(layer.forward(tensor([[[1, 10]], [[0, 1]]])), [[[33]], [[4]]], { atol: 0 });
  });

  test('has no bias unless it is asked for', () => {
    const layer = new Linear(2, 3, { bias: false });
    expect([...layer.state().keys()]).toEqual(['weight']);
    expect(
      layer
        .forward(tensor([0, 0]))
        .sum()
        .number(),
    ).toBe(0);
  });

  test('starts from its generator', () => {
    const weight = () => new Linear(4, 4, { generator: new Generator(1) }).weight.toArray();
    expect(weight()).toEqual(weight());
  });

  test('has the gradients of finite differences', () => {
    const generator = new Generator(0);
    const layer = new Linear(3, 2, { generator }).to('f64');
    const x = randn([4, 3], { generator, dtype: 'f64' });
    gradcheck(() => layer.forward(x), [x, ...layer.namedParameters().values()]);
  });
});
