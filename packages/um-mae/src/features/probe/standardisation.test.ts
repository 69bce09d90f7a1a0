import { tensor } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { featureStatistics, standardise } from './standardisation.js';

describe('standardise', () => {
  const features = tensor([
    [1, 100, 5],
    [3, 300, 5],
  ]);

  test('gives every channel mean 0 and deviation 1', () => {
    const standardised = standardise(features, featureStatistics(features));
    expectClose(
      standardised.narrow(1, 0, 2),
      [
        [-1, -1],
        [1, 1],
      ],
      { atol: 1e-12 },
    );
  });

  test('measures other features by the same rule', () => {
    const other = standardise(tensor([[5, 200, 5]]), featureStatistics(features));
    expectClose(other, [[3, 0, 0]], { atol: 1e-12 });
  });

  test('makes 0 of a channel that never changed', () => {
    const constant = standardise(features, featureStatistics(features)).select(1, 2);
    expect([...constant.toArray()]).toEqual([0, 0]);
  });
});
