import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../addon/errors.js';
import { autocast } from '../../amp/autocast.js';
import { engine } from '../../device/device.js';
import { Generator } from '../../device/random.js';
import { linear, ones, randn } from '../../generated/operators.js';
import { gradients } from '../../tensor/autograd.js';
import { type Tensor, tensor } from '../../tensor/tensor.js';
import { expectClose } from '../../testing/expect-close.js';
import { gradcheck } from '../../testing/gradcheck.js';
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

  test.each([
    [[5, 7, 6], true],
    [[64, 33], true],
    [[10], true],
    [[2, 3, 4, 16], false],
    [[0, 8], true],
  ] as const)("equals libtorch's product for inputs of %s", (shape, bias) => {
    const generator = new Generator(0);
    const layer = new Linear(shape.at(-1) ?? 1, 9, { bias, generator });
    layer.bias?.detach().fill_(0.5);
    const x = randn([...shape], { generator });
    x.requiresGrad = true;
    const inputs = [x, ...layer.namedParameters().values()];
    const { weight } = layer;
    for (const [own, theirs] of [
      [layer.forward(x), linear(x, weight, { bias: layer.bias })],
      [layer.forwardGelu(x), linear(x.gelu(), weight, { bias: layer.bias })],
    ] as const) {
      expectClose(own, theirs, { atol: 1e-5 });
      const above = randn(theirs.shape, { generator });
      const expected = gradients(theirs, inputs, above);
      for (const [i, gradient] of gradients(own, inputs, above).entries())
        expectClose(gradient as Tensor, expected[i] as Tensor, { atol: 1e-5 });
    }
  });

  test.skipIf(!engine().isFastInHalf).each([
    [[5, 7, 32], 'f32'],
    [[64, 33], 'f32'],
    [[64, 33], 'bf16'],
  ] as const)('is in bf16 nearly what it is in f32, for inputs of %s in %s', (shape, dtype) => {
    const generator = new Generator(0);
    const layer = new Linear(shape.at(-1) ?? 1, 40, { generator });
    layer.bias?.detach().normal_({ generator });
    const x = randn([...shape], { generator });
    x.requiresGrad = true;
    const inputs = [x, ...layer.namedParameters().values()];
    const above = randn([...shape.slice(0, -1), 40], { generator });
    for (const afterGelu of [false, true]) {
      const compute = (input: Tensor) =>
        afterGelu ? layer.forwardGelu(input) : layer.forward(input);
      const values = (output: Tensor) => [
        output,
        ...gradients(output.to('f32').mul(above).sum(), inputs),
      ];
      const expected = values(compute(x));
      const half = autocast({ device: 'cpu', dtype: 'bf16' }, () => compute(x.to(dtype)));
      expect(half.dtype).toBe('bf16');
      for (const [i, ours] of values(half).entries()) {
        const theirs = expected[i] as Tensor;
        const apart = (ours as Tensor).to('f32').sub(theirs).norm().number();
        expect(apart / theirs.norm().number()).toBeLessThan(1e-2);
      }
    }
  });

  test('takes the GELU of very large and very small numbers, and of none', () => {
    const layer = new Linear(1, 1, { bias: false });
    layer.weight.detach().fill_(1);
    const x = tensor([-30, -6, -2, -1e-3, 0, 1e-3, 2, 6, 30, Number.NaN]).unsqueeze(1);
    expectClose(layer.forwardGelu(x), x.gelu(), { atol: 5e-7, rtol: 1e-6 });
  });

  test('has the gradient of GELU where only the weight is trained', () => {
    const generator = new Generator(0);
    const layer = new Linear(6, 3, { generator });
    const x = randn([4, 6], { generator });
    const [own] = gradients(layer.forwardGelu(x).sum(), [layer.weight]);
    const [expected] = gradients(layer.forward(x.gelu()).sum(), [layer.weight]);
    expectClose(own as Tensor, expected as Tensor, { atol: 1e-5 });
  });

  test('refuses inputs of another width', () => {
    expect(() => new Linear(4, 2).forward(ones([3, 5]))).toThrow(OperatorError);
  });

  test('has the gradients of finite differences', () => {
    const generator = new Generator(0);
    const layer = new Linear(3, 2, { generator }).to('f64');
    const x = randn([4, 3], { generator, dtype: 'f64' });
    gradcheck(() => layer.forward(x), [x, ...layer.namedParameters().values()]);
  });
});
