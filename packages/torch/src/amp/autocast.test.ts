import { describe, expect, test } from 'vitest';
import { DeviceError, TorchError } from '../addon/errors.js';
import { devices } from '../device/device.js';
import { ones } from '../generated/operators.js';
import { Linear } from '../nn/layers/linear.js';
import type { Tensor } from '../tensor/tensor.js';
import { autocast } from './autocast.js';

const hasCuda = devices().includes('cuda:0');
const product = () => ones([2, 2]).matmul(ones([2, 2])).dtype;

describe('autocast', () => {
  test('computes products in bf16 and leaves sums alone', () => {
    const [mixed, sum] = autocast({ device: 'cpu', dtype: 'bf16' }, () => [
      product(),
      ones([2]).add(1).dtype,
    ]);
    expect([mixed, sum]).toEqual(['bf16', 'f32']);
  });

  test('ends with its body, also by an exception, and leaves an outer one on', () => {
    autocast({ device: 'cpu', dtype: 'bf16' }, () => {
      autocast({ device: 'cpu', dtype: 'bf16' }, () => undefined);
      expect(product()).toBe('bf16');
      expect(() =>
        autocast({ device: 'cpu', dtype: 'bf16' }, () => {
          throw new RangeError('inside');
        }),
      ).toThrow(RangeError);
      expect(product()).toBe('bf16');
    });
    expect(product()).toBe('f32');
  });

  test('uses weights as they are at the start of every region', () => {
    const linear = new Linear(1, 1);
    const output = () =>
      autocast({ device: 'cpu', dtype: 'bf16' }, () => linear.forward(ones([1, 1])).number());
    linear.weight.detach().fill_(1);
    expect(output()).toBe(1);
    linear.weight.detach().fill_(2);
    expect(output()).toBe(2);
  });

  test('gives gradients in the type of the weights', () => {
    const linear = new Linear(3, 2);
    const loss = autocast({ device: 'cpu', dtype: 'bf16' }, () => linear.forward(ones([4, 3])));
    loss.to('f32').sum().backward();
    expect((linear.weight.grad as Tensor).dtype).toBe('f32');
    expect([...(linear.weight.grad as Tensor).toArray()]).toEqual(new Array(6).fill(4));
  });

  test('refuses f16 on the CPU', () => {
    expect(() => autocast({ device: 'cpu', dtype: 'f16' }, product)).toThrow(
      new TorchError('dtype', 'Expected dtype bf16 for autocast on cpu but got f16.'),
    );
    expect(product()).toBe('f32');
  });

  test.runIf(!hasCuda)('refuses CUDA where there is none', () => {
    expect(() => autocast({ device: 'cuda', dtype: 'f16' }, product)).toThrow(DeviceError);
  });
});

describe.skipIf(!hasCuda)('autocast on CUDA (needs a CUDA device)', () => {
  test.each(['bf16', 'f16'] as const)('computes products in %s', (dtype) => {
    const made = () => ones([2, 2], { device: 'cuda' });
    const result = autocast({ device: 'cuda', dtype }, () => made().matmul(made()));
    expect(result.dtype).toBe(dtype);
    expect(made().matmul(made()).dtype).toBe('f32');
  });
});
