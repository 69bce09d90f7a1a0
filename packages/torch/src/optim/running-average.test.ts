import { describe, expect, test } from 'vitest';
import { tensor } from '../tensor/tensor.js';
import { updateAverage } from './running-average.js';

describe('updateAverage', () => {
  test('keeps the decay of the average, and less of it after few steps', () => {
    const averages = [tensor([1, 2]), tensor([0])];
    const weights = [tensor([3, 2]), tensor([10])];
    updateAverage(averages, weights, { decay: 0.75, step: 1000 });
    expect(averages.map((average) => [...average.toArray()])).toEqual([[1.5, 2], [2.5]]);
    updateAverage(averages, weights, { decay: 0.75, step: 0 }); // a tenth
    expect(averages[1]?.number()).toBeCloseTo(9.25, 5);
  });
});
