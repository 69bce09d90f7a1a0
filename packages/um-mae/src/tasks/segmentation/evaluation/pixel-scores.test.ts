import { randn, tensor } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { pixelLoss } from '../pixel-loss.js';
import { PixelConfusion } from './pixel-confusion.js';

describe('pixelLoss', () => {
  const logits = randn([1, 3, 1, 2]);
  const labels = tensor([[[0, -1]]], { dtype: 'i64' });

  test('leaves ignored pixels out of the mean, or counts them', () => {
    const own = logits.logSoftmax(1).at(0).at(0).at(0).at(0).neg();
    expectClose(pixelLoss(logits, labels, { ignored: 'left-out' }), own, { atol: 1e-6 });
    expectClose(pixelLoss(logits, labels, { ignored: 'counted' }), own.div(2), { atol: 1e-6 });
  });

  test('is 0 where all pixels are ignored', () => {
    const none = tensor([[[-1, -1]]], { dtype: 'i64' });
    for (const ignored of ['left-out', 'counted'] as const)
      expect(pixelLoss(logits, none, { ignored }).number()).toBe(0);
  });
});

describe('PixelConfusion', () => {
  const confusion = new PixelConfusion(4);
  confusion.add(Int32Array.of(0, 0, 1, 3, 1), Int32Array.of(0, 1, 1, 1, -1));
  const { classes, meanIou, meanAccuracy, pixelAccuracy, pixels } = confusion.scores();

  test('leaves out of the means what is 0 / 0, and counts a class that is only predicted', () => {
    expect(classes.map(({ iou }) => iou)).toEqual([1 / 2, 1 / 3, null, 0]);
    expect(classes.map(({ accuracy }) => accuracy)).toEqual([1, 1 / 3, null, null]);
    expect(meanIou).toBeCloseTo((1 / 2 + 1 / 3) / 3, 12);
    expect(meanAccuracy).toBeCloseTo(2 / 3, 12);
  });

  test('does not count ignored pixels', () => {
    expect(pixels).toBe(4);
    expect(pixelAccuracy).toBe(0.5);
  });

  test('refuses a label beyond the classes', () => {
    expect(() => confusion.add(Int32Array.of(0), Int32Array.of(4))).toThrow(
      'Expected labels from 0 to 3 but got 4.',
    );
  });
});
