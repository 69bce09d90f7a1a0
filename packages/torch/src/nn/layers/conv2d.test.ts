import { describe, expect, test } from 'vitest';
import { Generator } from '../../device/random.js';
import { arange, ones, randn } from '../../generated/operators.js';
import { expectClose } from '../../testing/expect-close.js';
import { gradcheck } from '../../testing/gradcheck.js';
import { Conv2d } from './conv2d.js';

describe('Conv2d', () => {
  test('sums under the kernel, at every stride', () => {
    const layer = new Conv2d(1, 1, { kernel: 2, stride: 2 });
    layer.weight.detach().copy_(ones([1, 1, 2, 2]));
    const image = arange(0, 16, { dtype: 'f32' }).reshape([1, 1, 4, 4]);
    expectClose(
      layer.forward(image),
      [
        [
          [
            [10, 18],
            [42, 50],
          ],
        ],
      ],
      { atol: 0 },
    );
  });

  test('pads with zeros', () => {
    const layer = new Conv2d(2, 3, { kernel: 3, padding: 1 });
    expect(layer.forward(ones([1, 2, 5, 7])).shape).toEqual([1, 3, 5, 7]);
  });

  test('has the gradients of finite differences', () => {
    const generator = new Generator(0);
    const layer = new Conv2d(2, 3, { kernel: 2, stride: 2, padding: 1, generator }).to('f64');
    const x = randn([2, 2, 4, 4], { generator, dtype: 'f64' });
    gradcheck(() => layer.forward(x), [x, ...layer.namedParameters().values()]);
  });
});
