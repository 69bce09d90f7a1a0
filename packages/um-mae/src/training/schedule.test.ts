import { describe, expect, test } from 'vitest';
import { namedDetection, namedInstances } from '../recipes/detection/named.js';
import { detection, instances } from '../recipes/kind.js';
import { resolve } from '../recipes/plan.js';
import { scheduleOf } from './schedule.js';

const given = { from: null, data: { train: 'train', val: 'val' } };
const gfl = detection.parse({ ...namedDetection['gfl-swin-tiny'], ...given });
const once = instances.parse({ ...namedInstances['mask-rcnn-swin-tiny-1x'], ...given });
const threeTimes = instances.parse({ ...namedInstances['mask-rcnn-swin-small-3x'], ...given });

/** 100 steps of 16 images an epoch. */
const images = 1600;
const stepsPerEpoch = 100;

/** The rate of step `step`, from 0. */
function rateOf(recipe: typeof gfl | typeof once, step: number): number {
  return scheduleOf(resolve(recipe, { images }))(step / stepsPerEpoch);
}

/** The rate of an epoch of GFL, once it is warm. */
const cosineOf = (epoch: number) =>
  1e-4 * (0.01 + (0.99 * (1 + Math.cos((Math.PI * epoch) / 25))) / 2);

describe('the schedules of detection', () => {
  test('follow a cosine of whole epochs, as published for GFL', () => {
    for (const epoch of [20, 22, 24]) {
      const [first, last] = [epoch * stepsPerEpoch, (epoch + 1) * stepsPerEpoch - 1];
      expect(rateOf(gfl, first)).toBeCloseTo(cosineOf(epoch), 12);
      expect(rateOf(gfl, last)).toBe(rateOf(gfl, first));
    }
  });

  test("warm up from a thousandth of each epoch's rate, over 2000 steps", () => {
    for (const step of [0, 99, 100, 1250, 1999, 2000]) {
      const factor = 1 - (1 - step / 2000) * (1 - 1e-3);
      const expected = factor * cosineOf(Math.floor(step / stepsPerEpoch));
      expect(rateOf(gfl, step)).toBeCloseTo(expected, 12);
    }
  });

  test.each([
    ['1x', once, 12, [8, 11]],
    ['3x', threeTimes, 36, [27, 33]],
  ] as const)('fall to a tenth after two epochs of Mask R-CNN (%s)', (_, recipe, epochs, falls) => {
    const [first, second] = falls;
    expect(resolve(recipe, { images }).steps).toBe(epochs * stepsPerEpoch);
    const rates = [
      [500, 1e-4],
      [first * stepsPerEpoch - 1, 1e-4],
      [first * stepsPerEpoch, 1e-5],
      [second * stepsPerEpoch - 1, 1e-5],
      [second * stepsPerEpoch, 1e-6],
      [epochs * stepsPerEpoch - 1, 1e-6],
    ] as const;
    for (const [step, rate] of rates) expect(rateOf(recipe, step)).toBeCloseTo(rate, 12);
    expect(rateOf(recipe, 0)).toBeCloseTo(1e-7, 12);
    expect(rateOf(recipe, 250)).toBeCloseTo(1e-4 * (1 - 0.5 * (1 - 1e-3)), 12);
  });
});
