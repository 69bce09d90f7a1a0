import { describe, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../random.js';
import { randomBeta, randomNormal } from './distributions.js';

const samples = 20_000;

/** Mean and variance. */
function moments(draw: (random: Random) => number) {
  const random = seededRandom(9);
  const values = Array.from({ length: samples }, () => draw(random));
  const mean = values.reduce((sum, value) => sum + value, 0) / samples;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / samples;
  return { values, mean, variance };
}

describe('randomNormal', () => {
  test('has its mean, its deviation and the tails of a normal distribution', () => {
    const { values, mean, variance } = moments((random) => randomNormal(random, 9, 0.5));
    expect(mean).toBeCloseTo(9, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(0.5, 2);
    const beyond = values.filter((value) => Math.abs(value - 9) > 1).length / samples;
    expect(Math.abs(beyond - 0.0455)).toBeLessThan(0.005);
  });

  test('is the mean when the deviation is 0', () => {
    expect(randomNormal(seededRandom(1), 4, 0)).toBe(4);
  });
});

describe('randomBeta', () => {
  test.each([0.2, 0.8, 1, 3, 500])('has the mean and the variance of Beta(%f)', (alpha) => {
    const { values, mean, variance } = moments((random) => randomBeta(random, alpha));
    const expected = 1 / (4 * (2 * alpha + 1));
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 * Math.sqrt(expected / samples));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.05);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThanOrEqual(1);
  });

  test('is uniform for an alpha of 1', () => {
    const { values } = moments((random) => randomBeta(random, 1));
    for (let bin = 0; bin < 10; bin++) {
      const found = values.filter((value) => Math.floor(10 * value) === bin).length;
      expect(Math.abs(found - samples / 10)).toBeLessThan(samples / 50);
    }
  });

  test('is nearly 0 or 1 for an alpha too small for the gammas themselves', () => {
    const { values } = moments((random) => randomBeta(random, 0.001));
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(values.filter((value) => value < 0.01 || value > 0.99).length).toBeGreaterThan(19_000);
  });
});
