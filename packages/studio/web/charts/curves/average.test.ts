import { describe, expect, test } from 'vitest';
import { type Series, stepColumns, type ThinnedCurve } from '../../../shared/protocol/series.js';
import { averageOf } from './average.js';

function series(losses: readonly number[], firstStep = 1): Series {
  const step = losses.map((_, i) => firstStep + i);
  const x = { step, epoch: step, hours: step };
  const loss = { mean: losses, low: [], high: [] };
  const none = { ...loss, mean: losses.map(() => null) };
  const unknown = stepColumns.map((name): [string, ThinnedCurve] => [name, none]);
  const curves = { ...(Object.fromEntries(unknown) as Series['curves']), loss };
  const epochs = { topOne: { x, y: losses } };
  return { x, curves, epochs, lines: 1, damaged: 0, isCut: false, isComplete: true };
}

describe('averageOf', () => {
  test('has mean and deviation over the steps that all have done', () => {
    const mean = averageOf([series([1, 2, 9]), series([3, 2])]);
    expect(mean?.x.step).toEqual([1, 2]);
    expect(mean?.curves.loss.mean).toEqual([2, 2]);
    expect(mean?.curves.loss.low).toEqual([2 - Math.SQRT2, 2]);
    expect(mean?.epochs.topOne?.high).toEqual([2 + Math.SQRT2, 2]);
    expect(mean?.curves.gradientNorm.mean).toEqual([null, null]);
  });

  test('joins nothing that was measured at other steps', () => {
    expect(averageOf([series([1, 2]), series([1, 2], 5)])).toBeUndefined();
  });
});
