import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../random.js';
import { boxOverlap, maskOverlap, measureMask } from './overlap.js';
import { boxMask, polygonMask } from './polygon.js';
import { decodeMask, encodeMask, joinMasks, maskArea, maskBox, sharedArea } from './run-lengths.js';
import { parseRunLengths, runLengths, runLengthText } from './text.js';

const size = { height: 13, width: 17 };

function drawBits(share: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = seededRandom(seed);
  const bit = () => (random() < share ? 1 : 0);
  return Uint8Array.from({ length: size.height * size.width }, bit);
}

const masks = [0, 0.02, 0.3, 0.5, 0.97, 1].map((share, seed) => drawBits(share, seed));

describe('run lengths', () => {
  test('decode to the mask that was encoded, and are read from their own text', () => {
    for (const pixels of masks) {
      const encoded = encodeMask(pixels, size);
      expect(decodeMask(encoded)).toEqual(pixels);
      expect(parseRunLengths(runLengthText(encoded), size)).toEqual(encoded);
    }
  });

  test('have a text of any length', () => {
    const large = { height: 1000, width: 400 };
    const runs = Array.from({ length: 400_000 }, () => 1);
    const mask = runLengths(runs, large);
    expect(parseRunLengths(runLengthText(mask), large)).toEqual(mask);
  });

  test('count, join and compare masks as their pixels do', () => {
    for (const a of masks) {
      for (const b of masks) {
        const [one, other] = [encodeMask(a, size), encodeMask(b, size)];
        const both = a.map((bit, i) => bit & (b[i] as number));
        const either = a.map((bit, i) => bit | (b[i] as number));
        const count = (pixels: Uint8Array) => pixels.reduce((sum, bit) => sum + bit, 0);
        expect(joinMasks(one, other, 'union')).toEqual(encodeMask(either, size));
        expect(joinMasks(one, other, 'intersection')).toEqual(encodeMask(both, size));
        expect(sharedArea(one, other)).toBe(count(both));
        expect(maskArea(one)).toBe(count(a));
        const overlap = maskOverlap(measureMask(one), measureMask(other), false);
        expect(overlap).toBe(count(both) === 0 ? 0 : count(both) / count(either));
      }
    }
  });

  test('have the smallest box around what is inside', () => {
    const one = encodeMask(new Uint8Array(size.height * size.width), size);
    expect(maskBox(one)).toEqual([0, 0, 0, 0]);
    expect(maskBox(boxMask([3, 2, 4, 5], size))).toEqual([3, 2, 4, 5]);
    expect(maskBox(boxMask([-9, -9, 99, 99], size))).toEqual([0, 0, size.width, size.height]);
  });

  test('of a polygon cover it, whichever way it turns, and two polygons are united', () => {
    const [square, turned] = [
      [2, 2, 8, 2, 8, 6, 2, 6],
      [2, 6, 8, 6, 8, 2, 2, 2],
    ];
    const mask = polygonMask([square], size);
    expect(maskArea(mask)).toBe(24);
    expect(polygonMask([turned], size)).toEqual(mask);
    expect(polygonMask([square, turned, [3, 3, 4, 3, 4, 4]], size)).toEqual(mask);
    expect(maskArea(polygonMask([], size))).toBe(0);
    // Two corners enclose nothing.
    expect(maskArea(polygonMask([[1, 1, 9, 9]], size))).toBe(0);
  });

  test('that do not fit their size, or are no code, are refused in a sentence', () => {
    const text = runLengthText(boxMask([3, 2, 4, 5], size));
    expect(() => parseRunLengths(text, { height: 9, width: 9 })).toThrow(
      /^Expected run lengths of 9 x 9 pixels but got/,
    );
    expect(() => runLengths([5, -1], { height: 2, width: 2 })).toThrow(/^Expected run lengths/);
    for (const wrong of ['x x', 'o', 'ooooooooo0', '\u00ff']) {
      expect(() => parseRunLengths(wrong, size)).toThrow(/^Expected run lengths/);
    }
  });
});

describe('boxOverlap', () => {
  test('divides by the found box alone where the object is a crowd, and is 0 where boxes touch', () => {
    expect(boxOverlap([0, 0, 2, 2], [1, 0, 10, 2], false)).toBeCloseTo(2 / 22, 15);
    expect(boxOverlap([0, 0, 2, 2], [1, 0, 10, 2], true)).toBe(0.5);
    expect(boxOverlap([0, 0, 2, 2], [2, 0, 2, 2], false)).toBe(0);
  });
});
