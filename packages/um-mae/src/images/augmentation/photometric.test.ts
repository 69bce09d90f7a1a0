import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../random.js';
import { nativePixels } from '../native-pixels.js';
import { type Distortion, distortColours, drawDistortion, loopsHere } from './photometric.js';

const random = seededRandom(11);
const noise = Uint8Array.from({ length: 3 * 4096 }, () => random() * 256);
const none: Distortion = {
  brightness: null,
  contrast: null,
  contrastFirst: false,
  saturation: null,
  hue: null,
};

function changed(levels: readonly number[], distortion: Partial<Distortion>): number[] {
  const pixels = Uint8Array.from(levels);
  distortColours(pixels, { ...none, ...distortion });
  return [...pixels];
}

describe('distortColours', () => {
  test.skipIf(!nativePixels)('gives the same bytes in the addon as here', () => {
    for (let draw = 0; draw < 40; draw++) {
      const distortion = drawDistortion(random);
      const [there, here] = [noise.slice(), noise.slice()];
      distortColours(there, distortion);
      distortColours(here, distortion, loopsHere);
      expect(Buffer.compare(there, here)).toBe(0);
    }
  });

  test('cuts off, and truncates', () => {
    expect(changed([0, 100, 250], { brightness: 10.9 })).toEqual([10, 110, 255]);
    expect(changed([0, 100, 250], { brightness: -20 })).toEqual([0, 80, 230]);
    expect(changed([1, 101, 250], { contrast: 0.5 })).toEqual([0, 50, 125]);
  });

  test('changes contrast before or after the rest', () => {
    const both = { contrast: 1.5, saturation: 0.5 };
    const first = changed([200, 20, 100], { ...both, contrastFirst: true });
    expect(first).not.toEqual(changed([200, 20, 100], both));
  });

  test('leaves grey as it is by saturation and hue, and turns colours about', () => {
    expect(changed([70, 70, 70], { saturation: 1.5, hue: 17 })).toEqual([70, 70, 70]);
    // 60 steps of two degrees make green of red.
    expect(changed([255, 0, 0], { hue: 60 })).toEqual([0, 255, 0]);
  });
});

describe('drawDistortion', () => {
  test('draws each change half of the time, from its range', () => {
    const draws = Array.from({ length: 4000 }, () => drawDistortion(random));
    for (const name of ['brightness', 'contrast', 'saturation', 'hue'] as const) {
      const found = draws.flatMap(({ [name]: value }) => (value === null ? [] : [value]));
      expect(found.length / draws.length).toBeCloseTo(0.5, 1);
      const [low, high] = { brightness: [-32, 32], hue: [-18, 17] }[name as 'hue'] ?? [0.5, 1.5];
      expect(Math.min(...found)).toBeGreaterThanOrEqual(low ?? 0);
      expect(Math.max(...found)).toBeLessThanOrEqual(high ?? 0);
    }
  });
});
