import { Generator, randn } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { principalComponents } from './principal-components.js';

/** Rows in pieces of two. */
function rowsOf(values: readonly (readonly number[])[]) {
  const channels = values[0]?.length ?? 0;
  return {
    count: values.length,
    channels,
    *pieces() {
      for (let row = 0; row < values.length; row += 2)
        yield Float32Array.from(values.slice(row, row + 2).flat());
    },
  };
}

describe('principalComponents', () => {
  test('finds the one direction of points on a line, whatever the scale of its channels', () => {
    const steps = [-2, -1, 0, 1, 2];
    const found = principalComponents(rowsOf(steps.map((t) => [t, 1000 * t + 7, -t])), 2);
    expect(found.explained[0]).toBeCloseTo(1, 10);
    expect(found.explained[1]).toBeCloseTo(0, 10);
    // Standardised, all three channels are t / sqrt(2), up to their sign.
    const lengths = steps.map((_, row) => Math.abs(found.values[2 * row] ?? 0));
    for (const [row, t] of steps.entries())
      expect(lengths[row]).toBeCloseTo(Math.abs(t) * Math.sqrt(3 / 2), 5);
    expect(Math.sign(found.values[0] ?? 0)).toBe(-Math.sign(found.values[8] ?? 0));
  });

  test('has uncorrelated components of falling variance, which sum up to all of it', () => {
    const base = [...randn([60, 5], { generator: new Generator(3) }).toArray()].map(Number);
    const values = Array.from({ length: 60 }, (_, row) => {
      const own = base.slice(5 * row, 5 * row + 5);
      return [...own, (own[0] ?? 0) + 0.3 * (own[1] ?? 0)];
    });
    const { values: found, components, explained } = principalComponents(rowsOf(values), 50);
    expect(components).toBe(6);
    expect(explained.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 8);
    expect(explained).toEqual([...explained].sort((a, b) => b - a));
    const column = (c: number) => Array.from({ length: 60 }, (_, row) => found[6 * row + c] ?? 0);
    for (let a = 0; a < 6; a++) {
      for (let b = 0; b < 6; b++) {
        const covariance = column(a).reduce((sum, x, i) => sum + x * (column(b)[i] ?? 0), 0) / 60;
        expect(covariance).toBeCloseTo(a === b ? 6 * (explained[a] ?? 0) : 0, 4);
      }
    }
  });

  test('takes features that do not vary, or hardly any', () => {
    const even = principalComponents(
      rowsOf([
        [1, 2],
        [1, 2],
        [1, 2],
      ]),
      2,
    );
    expect([...even.values]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(even.explained).toEqual([0, 0]);
    expect(principalComponents(rowsOf([[4, 5]]), 2).values).toHaveLength(2);
  });
});
