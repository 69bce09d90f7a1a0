import { describe, expect, test } from 'vitest';
import { TorchError } from '../../addon/errors.js';
import { ones } from '../../generated/operators.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Gelu } from '../layers/activation.js';
import { LayerNorm } from '../layers/normalisation/layer-norm.js';
import { Module } from './module.js';
import { profile } from './profile.js';

class Small extends Module {
  readonly norm = new LayerNorm(64);
  readonly act = new Gelu();

  forward(x: Tensor): Tensor {
    return this.act.forward(this.norm.forward(x)).sum();
  }
}

describe('profile', () => {
  test('tells operators by module, forward and backward', () => {
    const model = new Small();
    const x = ones([32, 64]);
    x.requiresGrad = true;
    const times = profile(model, () => model.forward(x).backward());
    const find = (operator: string) => times.filter((time) => time.operator === operator);
    expect(find('aten::gelu')).toMatchObject([{ module: 'act', backward: false, calls: 1 }]);
    // The allocator may round up.
    expect(find('aten::gelu')[0]?.bytes).toBeGreaterThanOrEqual(4 * 32 * 64);
    expect(find('aten::gelu')[0]?.bytes).toBeLessThan(4 * 32 * 64 + 64);
    expect(find('aten::gelu_backward')).toMatchObject([{ module: 'act', backward: true }]);
    expect(find('aten::native_layer_norm')).toMatchObject([{ module: 'norm' }]);
    expect(find('aten::native_layer_norm_backward')).toMatchObject([{ module: 'norm' }]);
    expect(find('aten::sum')).toMatchObject([{ module: '', backward: false }]);
    for (const { seconds } of times) expect(seconds).toBeGreaterThanOrEqual(0);
  });

  test('leaves the model as it was, also after an error', () => {
    const model = new Small();
    const { forward } = model;
    expect(() =>
      profile(model, () => {
        throw new RangeError('stop');
      }),
    ).toThrow(RangeError);
    expect(model.forward).toBe(forward);
    expect(profile(model, () => {})).toEqual([]);
  });

  test('runs one at a time', () => {
    const model = new Small();
    expect(() => profile(model, () => profile(model, () => {}))).toThrow(TorchError);
  });
});
