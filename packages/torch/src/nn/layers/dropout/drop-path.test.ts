import { describe, expect, test } from 'vitest';
import { fixtureCase, fixturePath } from '../../../../test/fixtures.js';
import { Generator } from '../../../device/random.js';
import { ones } from '../../../generated/operators.js';
import { readSafetensors } from '../../../serialization/safetensors.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { expectClose } from '../../../testing/expect-close.js';
import { gradcheck } from '../../../testing/gradcheck.js';
import { DropPath, dropPath } from './drop-path.js';

describe('DropPath', () => {
  test('drops whole samples and keeps the mean', () => {
    const layer = new DropPath(0.25);
    layer.generator = new Generator(0);
    const output = layer.forward(ones([10_000, 2, 3]));
    const samples = output.sum([1, 2]).toArray();
    expect([...new Set<number | bigint>(samples)].sort()).toEqual([0, 8]);
    expect(Math.abs(output.mean().number() - 1)).toBeLessThan(0.02);
  });

  test('does nothing in evaluation, and at rate 0 draws nothing', () => {
    const x = ones([4, 2]);
    expect(new DropPath(0.5).eval().forward(x)).toBe(x);
    const layer = new DropPath(0);
    layer.generator = new Generator(0);
    const before = layer.generator.state;
    expect(layer.forward(x)).toBe(x);
    expect(layer.generator.state).toEqual(before);
  });

  test('has the gradients of finite differences', () => {
    const x = ones([6, 2], { dtype: 'f64' });
    gradcheck(
      (values) => {
        const layer = new DropPath(0.5);
        layer.generator = new Generator(0);
        return layer.forward(values);
      },
      [x],
    );
  });
});

interface Published {
  readonly cases: readonly { readonly rate: number; readonly survivors: readonly number[] }[];
  readonly tolerance: number;
}

describe('dropPath as published', () => {
  const { cases, tolerance } = fixtureCase<Published>('util', 'stochastic_depth');

  test.each(cases)('at rate $rate', ({ rate, survivors }) => {
    const { tensors } = readSafetensors(fixturePath('util/drop_path.safetensors'));
    const at = (name: string) => tensors.get(name) as Tensor;
    const output = dropPath(at('x'), at(`draw_${rate}`), rate);
    expectClose(output, at(`out_${rate}`), { atol: tolerance });
    expect(survivors).toEqual([...output.abs().sum([1, 2]).gt(0).toArray()]);
  });
});
