import { describe, expect, test } from 'vitest';
import { fixtureCase, fixturePath } from '../../test/fixtures.js';
import { Parameter } from '../nn/module/parameter.js';
import { readSafetensors } from '../serialization/safetensors.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import { expectClose } from '../testing/expect-close.js';
import { clipGradientNorm, gradientNorm } from './gradient-norm.js';

function withGradient(gradient: Tensor): Parameter {
  const parameter = new Parameter(gradient.clone());
  parameter.grad = gradient.clone();
  return parameter;
}

describe('gradientNorm', () => {
  test('takes all gradients as one vector', () => {
    const parameters = [withGradient(tensor([[3], [0]])), withGradient(tensor([4]))];
    expect(gradientNorm(parameters).number()).toBe(5);
  });

  test('is 0 without gradients', () => {
    expect(gradientNorm([]).number()).toBe(0);
    expect(gradientNorm([new Parameter(tensor([1]))]).number()).toBe(0);
  });
});

describe('clipGradientNorm', () => {
  test('shortens what is too long and tells how long it was', () => {
    const parameter = withGradient(tensor([3, 4]));
    expect(clipGradientNorm([parameter], 1).number()).toBe(5);
    expectClose(parameter.grad as Tensor, [0.6, 0.8], { atol: 1e-6 });
  });

  test('leaves what is short enough', () => {
    const parameter = withGradient(tensor([3, 4]));
    clipGradientNorm([parameter], 6);
    expectClose(parameter.grad as Tensor, [3, 4], { atol: 0 });
  });
});

interface Published {
  readonly clip: readonly { readonly max_norm: number; readonly norm: number }[];
}

describe('clipGradientNorm as published', () => {
  const { clip } = fixtureCase<Published>('util', 'adamw');

  test.each(clip)('to $max_norm', ({ max_norm: limit, norm }) => {
    const { tensors } = readSafetensors(fixturePath('util/adamw.safetensors'));
    const at = (name: string) => tensors.get(name) as Tensor;
    const parameters = [0, 1].map((i) => withGradient(at(`clip.grad${i}`)));
    expect(clipGradientNorm(parameters, limit).number()).toBeCloseTo(norm, 6);
    for (const [i, parameter] of parameters.entries()) {
      expectClose(parameter.grad as Tensor, at(`clip.${limit}.grad${i}`), { atol: 0 });
    }
  });
});
