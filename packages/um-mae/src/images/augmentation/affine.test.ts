import { describe, expect, test } from 'vitest';
import { randomBetween, randomInteger, seededRandom } from '../../random.js';
import { nativePixels } from '../native-pixels.js';
import { rotation, transformAffine, transformHere } from './affine.js';

function noise(width: number, height: number) {
  const random = seededRandom(width, height);
  const data = Uint8Array.from({ length: width * height * 3 }, () => random() * 256);
  return { width, height, data };
}

const interpolations = ['bilinear', 'bicubic'] as const;

describe.each(interpolations)('transformAffine, %s', (interpolation) => {
  test('moves by whole pixels, and fills with the mean colour of ImageNet', () => {
    const image = noise(5, 4);
    const moved = transformAffine(image, [1, 0, 2, 0, 1, -1], { interpolation });
    const pixel = (data: Uint8Array, row: number, column: number) =>
      data.subarray((row * 5 + column) * 3, (row * 5 + column) * 3 + 3);
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 5; column++) {
        const inside = row >= 1 && column < 3;
        const expected = inside
          ? pixel(image.data, row - 1, column + 2)
          : Uint8Array.of(124, 116, 104);
        expect(pixel(moved, row, column), `${row} ${column}`).toEqual(expected);
      }
    }
  });

  test('turns by half a circle', () => {
    const image = noise(6, 3);
    const turned = transformAffine(image, rotation(180, image), { interpolation });
    const reversed = image.data.map(
      (_, byte) => image.data[image.data.length - 3 - byte + 2 * (byte % 3)] as number,
    );
    expect(turned).toEqual(reversed);
  });

  test.skipIf(!nativePixels)('gives the same bytes in the addon as here', () => {
    const random = seededRandom(8);
    for (let i = 0; i < 200; i++) {
      const image = noise(1 + randomInteger(random, 30), 1 + randomInteger(random, 30));
      const near = (value: number) => value + randomBetween(random, -0.6, 0.6);
      const matrix = [near(1), near(0), near(0) * 9, near(0), near(1), near(0) * 9] as const;
      const found = transformAffine(image, matrix, { interpolation });
      const expected = transformAffine(image, matrix, { interpolation }, transformHere);
      expect(found, `${image.width} x ${image.height}, ${matrix}`).toEqual(expected);
    }
  });
});
