import { describe, expect, test } from 'vitest';
import { UnreadableBudget } from './unreadable.js';

const skipped = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ path: `/photos/${i}.jpg`, reason: 'truncated' }));

describe('UnreadableBudget', () => {
  test('lets its share pass and keeps count', () => {
    const budget = new UnreadableBudget(1000);
    budget.add(skipped(7));
    budget.add(skipped(3));
    expect(budget.skipped).toHaveLength(10);
  });

  test('stops beyond its share, with the first ten and the way out', () => {
    const budget = new UnreadableBudget(1000, 0.012);
    budget.add(skipped(12));
    expect(() => budget.add(skipped(1))).toThrow(
      /^Expected at most 1.2 % of 1000 images to be unreadable but got 13:\n( {2}\/photos\/\d\.jpg: truncated\n){10}.*--max-unreadable\.$/,
    );
  });

  test('tolerates none when told so', () => {
    expect(() => new UnreadableBudget(5, 0).add(skipped(1))).toThrow('at most 0 % of 5');
  });
});
