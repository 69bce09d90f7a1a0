import { describe, expect, test } from 'vitest';
import { namedDetection, namedInstances } from '../../recipes/detection/named.js';
import { detection, instances } from '../../recipes/kind.js';
import { parsePretrainRecipe } from '../../recipes/parse.js';
import { swinMicro } from '../../recipes/pretrain/folder.js';
import { resolve } from '../../recipes/schedule/plan.js';
import { planOf } from '../run-files/extend.js';
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

describe('the schedule of a run that was extended', () => {
  const recipe = parsePretrainRecipe({
    ...swinMicro,
    duration: { epochs: 4 },
    warmup: { epochs: 1 },
  });
  const longer = { ...recipe, duration: { epochs: 10 }, learningRate: { peak: 0.5 } };
  const extended = (mode: 'resume' | 'extend') =>
    planOf({ recorded: recipe, recipe: longer, mode }, { images });

  test('is the earlier one, and then one of its own that begins anew', () => {
    const [before, after] = [resolve(recipe, { images }), extended('extend')];
    const [first, both] = [scheduleOf(before), scheduleOf(after)];
    for (const epoch of [0, 0.5, 1, 3.99]) expect(both(epoch)).toBe(first(epoch));
    expect([4, 4.5, 5].map(both)).toEqual([0, 0.25, 0.5]);
    expect(both(9.99)).toBeCloseTo(longer.minimumLearningRate, 4);
    expect(after.recipe.history).toMatchObject([{ steps: before.steps, epochs: 4 }]);
    expect(scheduleOf(resolve(after.recipe, { images }))(4.5)).toBe(0.25);
  });

  test('needs a longer run, and a warm-up within what is added', () => {
    const as = (values: object) => () =>
      planOf({ recorded: recipe, recipe: { ...recipe, ...values }, mode: 'extend' }, { images });
    expect(as({})).toThrow(/^Expected a `duration` beyond the 200 steps .* but got 200 steps\.\n/);
    expect(as({ duration: { epochs: 5 }, warmup: { epochs: 2 } })).toThrow(
      'Expected `warmup` within the 50 steps to come but got 100 steps.',
    );
  });
});
