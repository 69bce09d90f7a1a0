import { eye, Generator, ones, randn } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { rankMe } from './rank-me.js';

describe('rankMe', () => {
  test('counts directions of equal weight', () => {
    expect(rankMe(eye(7))).toBeCloseTo(7, 4);
    expect(rankMe(ones([5, 3]))).toBeCloseTo(1, 4);
  });

  test('is the exponential of the entropy of the singular values', () => {
    // Shares 3/4 and 1/4.
    const entropy = -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25));
    const features = eye(2);
    features.put([0, 0], 3);
    expect(rankMe(features)).toBeCloseTo(Math.exp(entropy), 5);
  });

  test('does not change when features are scaled, and drops when they collapse', () => {
    const features = randn([40, 8], { generator: new Generator(0) });
    expect(rankMe(features.mul(100))).toBeCloseTo(rankMe(features), 3);
    const collapsed = features
      .matmul(randn([8, 2], { generator: new Generator(1) }))
      .repeat([1, 4]);
    expect(rankMe(collapsed)).toBeLessThan(2.01);
    expect(rankMe(features)).toBeGreaterThan(7);
  });
});
