import { describe, expect, test } from 'vitest';
import { Generator } from '../device/random.js';
import type { Tensor } from '../tensor/tensor.js';
import { heNormalFanOut, normal, xavierUniform } from './init.js';

const generator = () => new Generator(0);

function statistics(weight: Tensor): { mean: number; std: number; largest: number } {
  return {
    mean: weight.mean().number(),
    std: weight.std().number(),
    largest: weight.abs().amax().number(),
  };
}

describe('xavierUniform', () => {
  test('is uniform within its bound', () => {
    const bound = Math.sqrt(6 / (300 + 200));
    const { mean, std, largest } = statistics(
      xavierUniform([300, 200], { generator: generator() }),
    );
    expect(Math.abs(mean)).toBeLessThan(0.002);
    expect(std).toBeCloseTo(bound / Math.sqrt(3), 3);
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(0.99 * bound);
  });

  test('counts the kernel in both fans', () => {
    const { largest } = statistics(xavierUniform([30, 20, 4, 4], { generator: generator() }));
    expect(largest).toBeLessThanOrEqual(Math.sqrt(6 / (50 * 16)));
  });
});

describe('heNormalFanOut', () => {
  test('has the variance 2 / fan-out', () => {
    const { mean, std } = statistics(heNormalFanOut([64, 32, 3, 3], { generator: generator() }));
    expect(Math.abs(mean)).toBeLessThan(0.002);
    expect(std).toBeCloseTo(Math.sqrt(2 / (64 * 9)), 3);
  });
});

describe('normal', () => {
  test('has the standard deviation asked for', () => {
    const { mean, std, largest } = statistics(normal([200, 200], 0.02, { generator: generator() }));
    expect(Math.abs(mean)).toBeLessThan(0.0005);
    expect(std).toBeCloseTo(0.02, 4);
    // Not truncated: of 40,000 draws some lie beyond three standard deviations.
    expect(largest).toBeGreaterThan(0.06);
  });
});
