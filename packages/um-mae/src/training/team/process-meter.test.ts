import { expect, test } from 'vitest';
import { pacesIn } from './process-meter.js';

test('the process that waits least for the others is the slowest', () => {
  const first = [12, 2, 0.5, 1.5];
  const second = [10, 2.25, 0.25, 0.25];
  expect(pacesIn([...first, ...second])).toEqual({
    imagesPerSecond: [24, 5],
    dataWaitSeconds: [0.5, 0.25],
    exchangeSeconds: [1.5, 0.25],
    slowest: 1,
  });
});
