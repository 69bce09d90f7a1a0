import { describe, expect, test } from 'vitest';
import { smoothed } from './smoothing.js';

describe('smoothed', () => {
  test('leaves a constant curve as it is, from its first point on', () => {
    for (const value of smoothed([3, 3, 3], 0.9)) expect(value).toBeCloseTo(3, 12);
  });

  test('weighs the past, and passes over gaps', () => {
    const [first, gap, third] = smoothed([0, null, 1], 0.5);
    expect([first, gap]).toEqual([0, null]);
    expect(third).toBeCloseTo(2 / 3, 12);
  });
});
