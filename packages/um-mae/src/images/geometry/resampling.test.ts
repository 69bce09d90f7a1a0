import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../random.js';
import { nativePixels } from '../native-pixels.js';
import { resampleBilinear, resampleBilinearHere, resizeTo, scaledSize } from './resampling.js';

const random = seededRandom(5);
const image = {
  width: 37,
  height: 23,
  data: Uint8Array.from({ length: 37 * 23 * 3 }, () => random() * 256),
};

describe('resampleBilinear', () => {
  test.skipIf(!nativePixels)('gives the same bytes in the addon as here', () => {
    const source = { left: 3, top: 2, width: 31, height: 20 };
    for (const [width, height] of [
      [31, 20],
      [62, 40],
      [11, 9],
      [1, 1],
      [90, 7],
    ] as const) {
      const whole = { source, width, height, window: { left: 0, top: 0, width, height } };
      const part = {
        left: width >> 2,
        top: height >> 2,
        width: (width >> 1) + 1,
        height: (height >> 1) + 1,
      };
      for (const sampling of [whole, { ...whole, window: part }]) {
        const here = resampleBilinear(image, sampling, resampleBilinearHere);
        expect(Buffer.compare(resampleBilinear(image, sampling), here)).toBe(0);
      }
    }
  });

  test('leaves an image of the same size as it is', () => {
    expect(resizeTo(image, image, 'opencv').data).toEqual(image.data);
  });
});

describe('scaledSize', () => {
  test('fills a scale by one side, whichever way the image lies', () => {
    const scale = { long: 2048, short: 512 };
    expect(scaledSize({ width: 683, height: 512 }, scale)).toEqual({ width: 683, height: 512 });
    expect(scaledSize({ width: 400, height: 3000 }, scale)).toEqual({ width: 273, height: 2048 });
    expect(scaledSize({ width: 9000, height: 1 }, { long: 90, short: 90 })).toEqual({
      width: 90,
      height: 1,
    });
  });
});
