import { expect, test } from 'vitest';
import { encodeMask } from '../../../detection/run-lengths/run-lengths.js';
import { seededRandom } from '../../../random.js';
import { bitmapOf, maskOfBitmap } from './bitmap.js';

const size = { width: 7, height: 5 };

test.each([0, 0.1, 0.5, 0.9, 1])('a bitmap with %s inside is the mask of the image', (share) => {
  const random = seededRandom(3);
  for (const [left, top, width, height] of [
    [0, 0, 7, 5],
    [2, 1, 3, 4],
    [6, 0, 1, 5],
    [3, 3, 0, 0],
  ] as const) {
    const pixels = Uint8Array.from({ length: width * height }, () => (random() < share ? 1 : 0));
    const whole = new Uint8Array(size.width * size.height);
    for (let row = 0; row < height; row++) {
      const part = pixels.subarray(row * width, (row + 1) * width);
      whole.set(part, (top + row) * size.width + left);
    }
    const mask = maskOfBitmap({ left, top, width, height, pixels }, size);
    expect(mask).toEqual(encodeMask(whole, size));
    expect(maskOfBitmap(bitmapOf(mask), size)).toEqual(mask);
  }
});
