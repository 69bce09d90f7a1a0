import { describe, expect, test } from 'vitest';
import { autocast } from '../../../amp/autocast.js';
import { Generator } from '../../../device/random.js';
import { arange, ones, randn, zeros } from '../../../generated/operators.js';
import { gradients, noGrad } from '../../../tensor/autograd.js';
import { scope } from '../../../tensor/scope.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { expectClose } from '../../../testing/expect-close.js';
import { gradcheck } from '../../../testing/gradcheck.js';
import { Conv2d } from './conv2d.js';

/** Fills memory that is free afterwards: what reads more than its input then finds no zeros. */
function leaveLargeNumbers(): void {
  const sizes = Array.from({ length: 12 }, (_, power) => 64 << power);
  scope(() => {
    for (const size of [...sizes, ...sizes, ...sizes]) zeros([size]).fill_(1e30);
  });
}

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

  test.each([
    { stride: 2, size: [1, 1] as const },
    { stride: 2, size: [5, 1] as const },
    { stride: 4, size: [3, 3] as const },
    { stride: 2, size: [1, 2] as const },
  ])('is in bf16 nearly what it is in f32: stride $stride on $size', ({ stride, size }) => {
    const generator = new Generator(0);
    const layer = new Conv2d(32, 64, { kernel: 3, stride, padding: 1, generator });
    leaveLargeNumbers();
    scope(() => {
      const x = randn([2, 32, ...size], { generator });
      x.requiresGrad = true;
      const inputs = [x, ...layer.namedParameters().values()];
      const values = (output: Tensor) => [
        output.detach(),
        ...gradients(output.to('f32').square().sum(), inputs),
      ];
      const half = autocast({ device: 'cpu', dtype: 'bf16' }, () => layer.forward(x));
      expect(half.dtype).toBe('bf16');
      const expected = values(layer.forward(x));
      for (const [i, ours] of values(half).entries()) {
        const theirs = expected[i] as Tensor;
        const apart = (ours as Tensor).to('f32').sub(theirs).norm().number();
        expect(apart / theirs.norm().number()).toBeLessThan(1e-2);
      }
    });
  });

  test.each([
    { kernel: 1, size: [4, 6] as const },
    { kernel: 2, size: [4, 6] as const },
    { kernel: 2, size: [5, 7] as const },
    { kernel: 3, size: [9, 8] as const },
  ])('is the same without gradients, by a matrix: kernel $kernel on $size', (options) => {
    const { kernel, size } = options;
    const generator = new Generator(0);
    const layer = new Conv2d(3, 5, { kernel, stride: kernel, generator }).eval();
    layer.bias.detach().uniform_({ from: -1, to: 1, generator });
    const [height, width] = size;
    const x = randn([2, height, width, 3], { generator }).permute([0, 3, 1, 2]);
    const matches = () =>
      expectClose(
        noGrad(() => layer.forward(x)),
        layer.forward(x.contiguous()).detach(),
        { atol: 1e-5, rtol: 1e-5 },
      );
    matches();
    noGrad(() => layer.weight.mul_(2));
    matches();
  });
});
