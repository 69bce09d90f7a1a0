import { describe, expect, test } from 'vitest';
import { valueColumns } from '../runs/run-columns.js';
import { listedRun } from '../runs/testing/listed-run.js';
import { curveOf, measureOf } from './value-curve.js';

const runs = [
  ['2e-3', 3],
  ['1e-3', 1],
  ['1e-3', 2],
].map(([peak, loss], i) =>
  listedRun(`${i}`, { loss: Number(loss), values: { 'learningRate.peak': `${peak}` } }),
);

describe('curveOf', () => {
  test('has the mean of the runs with each value, and their extremes', () => {
    const [column] = valueColumns(runs);
    const measure = measureOf(runs);
    if (!column || !measure) expect.fail('nothing to compare');
    expect(measure.name).toBe('Loss');
    expect(curveOf(runs, column, measure)).toMatchObject({
      x: [1e-3, 2e-3],
      y: [1.5, 3],
      band: { low: [1, 3], high: [2, 3] },
    });
  });
});

describe('measureOf', () => {
  test('takes the score that all runs have, and no losses of several kinds', () => {
    const score = { name: 'top-1', value: 0.5, isShare: true };
    const scored = runs.map((run) => ({ ...run, score }));
    expect(measureOf(scored)?.name).toBe('Top-1');
    expect(measureOf([...scored, listedRun('other')])?.name).toBe('Loss');
    expect(measureOf([...runs, listedRun('other', { lossKind: 'classes' })])).toBeUndefined();
  });
});
