/** The comparison of what two processors computed, which round differently. */
import { expect } from 'vitest';

/** Expects the same numbers to five significant digits. */
export function expectSameNumbers(actual: readonly number[], expected: readonly number[]): void {
  const difference = ([a, b]: readonly [number, number]) => Math.abs(a - b) / Math.abs(b || 1);
  expect(actual.length).toBe(expected.length);
  const differences = expected.map((value, i) => difference([actual[i] ?? Number.NaN, value]));
  const wrong = differences.flatMap((size, i) =>
    size < 1e-5 ? [] : [{ index: i, actual: actual[i], expected: expected[i] }],
  );
  expect(wrong).toEqual([]);
}
