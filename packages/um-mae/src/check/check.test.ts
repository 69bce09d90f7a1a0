import { OutOfMemoryError, tensor } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { attempt, check, distance } from './check.js';

const subject = { what: 'sum', precision: 'f32' };

describe('check', () => {
  test('passes up to what is allowed, and never without a number', () => {
    expect(check(subject, 1e-4, 1e-4)).toMatchObject({ ...subject, passed: true });
    expect(check(subject, 2e-4, 1e-4).passed).toBe(false);
    expect(check(subject, Number.NaN, 1e-4).passed).toBe(false);
  });
});

describe('attempt', () => {
  test('takes an error for a check that has failed, and says which', () => {
    const found = attempt(subject, () => {
      throw new OutOfMemoryError('none left');
    });
    const reason = expect.stringContaining('none left');
    expect(found).toEqual([
      { ...subject, difference: Number.NaN, allowed: 0, passed: false, reason },
    ]);
  });
});

describe('distance', () => {
  test('is in parts of the second tensor, in their norms', () => {
    const theirs = tensor([3, 4]);
    expect(distance(tensor([3, 4], { dtype: 'bf16' }), theirs)).toBe(0);
    expect(distance(tensor([3, 5]), theirs)).toBeCloseTo(0.2, 12);
    expect(distance(tensor([3, Number.NaN]), theirs)).toBeNaN();
    expect(distance(tensor([1e-3, 0]), tensor([0, 0]))).toBe(Number.POSITIVE_INFINITY);
  });
});
