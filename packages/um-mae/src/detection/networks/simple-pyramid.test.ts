import { Generator, randn, scope } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { buildBackbone } from '../../backbones/build.js';
import { PlainLevels, SimplePyramid } from './simple-pyramid.js';

const generator = new Generator(0);
const stored = { height: 64, width: 64 };

function pyramidOf(patch: number): SimplePyramid {
  const backbone = {
    kind: 'vit',
    channels: 16,
    depth: 2,
    heads: 2,
    patch,
    mlpRatio: 2,
    epsilon: 1e-6,
    layerScale: 0,
    registers: 0,
  } as const;
  const encoder = buildBackbone(backbone, stored, { generator, finalNorm: false });
  return new SimplePyramid({ encoder, channels: 8, generator });
}

describe('SimplePyramid', () => {
  test.each([8, 16, 32])('has maps of strides 4 to 32 from patches of %d pixels', (patch) => {
    // Of another size than that of the stored positions.
    const images = randn([1, 3, 64, 96], { generator });
    const maps = scope(() =>
      pyramidOf(patch)
        .forward(images)
        .map(({ shape }) => shape),
    );
    expect(maps).toEqual([
      [1, 8, 16, 24],
      [1, 8, 8, 12],
      [1, 8, 4, 6],
      [1, 8, 2, 3],
    ]);
  });
});

describe('PlainLevels', () => {
  test('adds every second place of the last map', () => {
    const maps = [12, 6, 3].map((side) => randn([1, 4, side, side], { generator }));
    const levels = new PlainLevels({ firstMap: 1, levels: 3 }).forward(maps);
    expect(levels.map(({ shape }) => shape)).toEqual([
      [1, 4, 6, 6],
      [1, 4, 3, 3],
      [1, 4, 2, 2],
    ]);
  });
});
