import { describe, expect, test } from 'vitest';
import { epochOrder, seededRandom } from './random.js';

const draw = (numbers: readonly number[], count: number) => {
  const random = seededRandom(...numbers);
  return Array.from({ length: count }, random);
};

describe('seededRandom', () => {
  test('gives the same numbers on every platform and in every version', () => {
    expect(draw([1, 2, 3], 3)).toEqual([
      0.25080665033279714, 0.5827839485568543, 0.306647739845722,
    ]);
  });

  test('differs in every one of its numbers, and in their order', () => {
    const seeds = [[0], [0, 0], [1, 0], [0, 1], [2 ** 32, 0], [2 ** 40, 0], [-1, 0]];
    const first = seeds.map((numbers) => draw(numbers, 1)[0]);
    expect(new Set(first).size).toBe(seeds.length);
  });

  test('is uniform over neighbouring seeds', () => {
    const bins = new Array<number>(10).fill(0);
    for (let index = 0; index < 20_000; index++) {
      const bin = Math.floor((draw([0, 0, index], 1)[0] as number) * 10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    for (const count of bins) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });
});

describe('epochOrder', () => {
  test('is a permutation', () => {
    expect([...epochOrder(1000, 5, 0)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    );
  });

  test('depends on seed and epoch alone', () => {
    expect(epochOrder(100, 5, 3)).toEqual(epochOrder(100, 5, 3));
    expect(epochOrder(100, 5, 3)).not.toEqual(epochOrder(100, 5, 4));
    expect(epochOrder(100, 5, 3)).not.toEqual(epochOrder(100, 6, 3));
    expect([...epochOrder(5, 0, 0)]).toEqual([2, 3, 4, 0, 1]);
  });

  test('puts every image everywhere equally often', () => {
    const firsts = Array.from({ length: 6000 }, (_, epoch) => epochOrder(6, 0, epoch)[0]);
    for (let image = 0; image < 6; image++) {
      expect(Math.abs(firsts.filter((first) => first === image).length - 1000)).toBeLessThan(150);
    }
  });
});
