import { expect, test } from 'vitest';
import { maskRuns } from './mask-runs.js';

test('runs of a mask go down its columns, and on into the next', () => {
  // 3 outside, 4 inside, 2 outside, 3 inside (one less than two before), of 4 rows and 3 columns.
  const counts = ['3', '4', '2', 'O'].join('');
  expect(maskRuns({ size: [4, 3], counts })).toEqual([
    { x: 0, y: 3, height: 1 },
    { x: 1, y: 0, height: 3 },
    { x: 2, y: 1, height: 3 },
  ]);
  expect(maskRuns({ size: [4, 3], counts: '<' })).toEqual([]);
});
