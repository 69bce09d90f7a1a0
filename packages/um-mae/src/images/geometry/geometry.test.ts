import { describe, expect, test } from 'vitest';
import { evaluationCrop, fit, stretch } from './crop.js';
import { movePoint } from './geometry.js';

const size = { width: 40, height: 20 };

describe('movePoint', () => {
  const part = { left: 4, top: 2, width: 8, height: 4 };
  const sampling = stretch(part, size);

  test('takes the corners of a crop to those of its sample', () => {
    const geometry = { sampling, mirrored: false };
    expect(movePoint({ x: 4, y: 2 }, geometry)).toEqual({ x: 0, y: 0 });
    expect(movePoint({ x: 12, y: 6 }, geometry)).toEqual({ x: 40, y: 20 });
    expect(movePoint({ x: 0, y: 0 }, geometry)).toEqual({ x: -20, y: -10 });
  });

  test('mirrors within the sample', () => {
    expect(movePoint({ x: 5, y: 3 }, { sampling, mirrored: true })).toEqual({ x: 35, y: 5 });
  });

  test('leaves out what the window cuts off', () => {
    const sampling = evaluationCrop({ width: 32, height: 16 }, { width: 14, height: 14 }, 7 / 8);
    expect(sampling).toMatchObject({ width: 32, height: 16, window: { left: 9, top: 1 } });
    expect(movePoint({ x: 16, y: 8 }, { sampling, mirrored: false })).toEqual({ x: 7, y: 7 });
  });
});

describe('fit', () => {
  test.each([
    [
      { width: 80, height: 20 },
      { width: 40, height: 10 },
    ],
    [
      { width: 10, height: 10 },
      { width: 20, height: 20 },
    ],
    [
      { width: 400, height: 1 },
      { width: 40, height: 1 },
    ],
  ])('brings %o to %o, whole and undistorted', (image, expected) => {
    expect(fit(image, size)).toEqual({
      source: { left: 0, top: 0, ...image },
      ...expected,
      window: { left: 0, top: 0, ...expected },
    });
  });
});
