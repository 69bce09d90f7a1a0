import { describe, expect, test } from 'vitest';
import { chanceLevel, shareInterval } from './share-interval.js';

describe('shareInterval', () => {
  test.each([
    // Newcombe 1998, Two-sided confidence intervals for the single proportion, table I.
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('gives the published ends for %i of %i', (right, count, low, high) => {
    const interval = shareInterval(right / count, count);
    expect(interval.map((end) => Number(end.toFixed(4)))).toEqual([low, high]);
  });

  test('is the mirror image for wrong answers', () => {
    const [low, high] = shareInterval(0.9, 50);
    const [lowWrong, highWrong] = shareInterval(0.1, 50);
    expect(low).toBeCloseTo(1 - highWrong, 12);
    expect(high).toBeCloseTo(1 - lowWrong, 12);
  });
});

test('the chance level is the share of the commonest class', () => {
  expect(chanceLevel([0, 1, 2, 3])).toBe(0.25);
  expect(chanceLevel(Int32Array.of(4, 4, 4, 1))).toBe(0.75);
});
