import { describe, expect, test } from 'vitest';
import { fixtureCase } from '../../test/fixtures.js';
import { warmupCosine } from './warmup-cosine.js';

interface Schedule {
  readonly runs: readonly {
    readonly args: Record<'lr' | 'min_lr' | 'warmup_epochs' | 'epochs', number>;
    readonly points: readonly (readonly [epoch: number, rate: number])[];
  }[];
}

describe('warmupCosine', () => {
  const rate = warmupCosine({ peak: 2, minimum: 0.5, warmup: 4, total: 12 });

  test('rises from 0, without regard to the minimum', () => {
    expect([0, 1, 3].map(rate)).toEqual([0, 0.5, 1.5]);
  });

  test('falls from the peak to the minimum', () => {
    expect(rate(4)).toBe(2);
    expect(rate(8)).toBeCloseTo(1.25, 12);
    expect(rate(12)).toBe(0.5);
  });
});

describe('warmupCosine as published', () => {
  const { runs } = fixtureCase<Schedule>('util', 'learning_rate_schedule');

  test.each(runs)('$args', ({ args, points }) => {
    const { lr: peak, min_lr: minimum, warmup_epochs: warmup, epochs: total } = args;
    const rate = warmupCosine({ peak, minimum, warmup, total });
    for (const [epoch, expected] of points) {
      expect(Math.abs(rate(epoch) - expected)).toBeLessThanOrEqual(1e-12 * expected);
    }
  });
});
