import { describe, expect, test } from 'vitest';
import { Generator } from '../../../device/random.js';
import { ones } from '../../../generated/operators.js';
import { DropChannels } from './drop-channels.js';

describe('DropChannels', () => {
  const layer = new DropChannels(0.25, { generator: new Generator(5) });
  const x = ones([8, 50, 2, 3]);

  test('drops whole channels of an image in training, and scales the others', () => {
    const y = layer.forward(x);
    expect(new Set(Array.from(y.toArray(), Number))).toEqual(new Set([0, Math.fround(4 / 3)]));
    expect(y.amax({ dim: [2, 3] }).equal(y.amin({ dim: [2, 3] }))).toBe(true);
    const dropped = y.eq(0).to('f32').mean().number();
    expect(Math.abs(dropped - 0.25)).toBeLessThan(0.08);
  });

  test('changes nothing in evaluation', () => {
    expect(layer.eval().forward(x).equal(x)).toBe(true);
  });
});
