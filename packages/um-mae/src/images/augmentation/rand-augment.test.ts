import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../random.js';
import { type Operation, operationKinds } from './operations.js';
import { applyOperations, drawRandAugment, type RandAugmentOptions } from './rand-augment.js';

const published: RandAugmentOptions = {
  operations: 2,
  magnitude: 9,
  magnitudeDeviation: 0.5,
  increasing: true,
};
const images = 15_000;

const drawMany = (changes: Partial<RandAugmentOptions> = {}) => {
  const random = seededRandom(2);
  const options = { ...published, ...changes };
  return Array.from({ length: images }, () => drawRandAugment(options, random));
};
const amountsOf = (drawn: readonly Operation[][], kind: Operation['kind']) =>
  drawn
    .flat()
    .filter((operation) => operation.kind === kind)
    .map(({ amount }) => amount);

describe('drawRandAugment', () => {
  test('depends on the random numbers alone', () => {
    expect(drawMany()).toEqual(drawMany());
  });

  test('draws every operation equally often and skips half of them', () => {
    const drawn = drawMany();
    for (const kind of operationKinds) {
      expect(Math.abs(amountsOf(drawn, kind).length - images / 15)).toBeLessThan(images / 150);
    }
    const both = drawn.filter(({ length }) => length === 2).length;
    expect(Math.abs(both / images - 0.25)).toBeLessThan(0.02);
    expect(drawMany({ operations: 0 }).flat()).toEqual([]);
  });

  test('spreads magnitudes around theirs, limits them to 10, and uses both directions', () => {
    const degrees = amountsOf(drawMany(), 'rotate');
    expect(
      Math.abs(degrees.filter((amount) => amount > 0).length / degrees.length - 0.5),
    ).toBeLessThan(0.06);
    const sizes = degrees.map(Math.abs);
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    expect(Math.abs(mean - 27)).toBeLessThan(0.2);
    expect(Math.max(...sizes)).toBe(30);
    const limited = sizes.filter((size) => size === 30).length / sizes.length;
    expect(Math.abs(limited - 0.0228)).toBeLessThan(0.015);
  });

  test('has one magnitude without deviation, and none below 0', () => {
    const exact = amountsOf(drawMany({ magnitude: 5, magnitudeDeviation: 0 }), 'solarize-add');
    expect(new Set(exact)).toEqual(new Set([55]));
    const weak = amountsOf(drawMany({ magnitude: 0, magnitudeDeviation: 2 }), 'solarize-add');
    expect(Math.min(...weak)).toBe(0);
  });

  test('is bicubic', () => {
    const all = drawMany({}).flat();
    expect(new Set(all.map(({ interpolation }) => interpolation))).toEqual(new Set(['bicubic']));
  });
});

describe('applyOperations', () => {
  const image = { width: 2, height: 1, data: Uint8Array.of(0, 100, 200, 30, 130, 250) };
  const operation = (kind: Operation['kind'], amount: number): Operation => ({
    kind,
    amount,
    interpolation: 'bicubic',
  });

  test('applies them in their order', () => {
    const add = operation('solarize-add', 50);
    const invert = operation('invert', 0);
    expect(applyOperations(image, [add, invert])).toEqual(Uint8Array.of(205, 105, 55, 175, 125, 5));
    expect(applyOperations(image, [invert, add])).toEqual(
      Uint8Array.of(255, 155, 105, 225, 175, 55),
    );
  });

  test('keeps the image without operations', () => {
    expect(applyOperations(image, [])).toEqual(image.data);
  });
});
