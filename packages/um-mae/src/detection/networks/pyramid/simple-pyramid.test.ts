import { Generator, randn, scope, type Tensor } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { at } from '../../../at.js';
import type { AttentionWindows } from '../../../backbones/backbone.js';
import { buildBackbone } from '../../../backbones/build.js';
import { Vit } from '../../../backbones/vit/vit.js';
import { PlainLevels, SimplePyramid } from './simple-pyramid.js';

const generator = new Generator(0);
const stored = { height: 64, width: 64 };

function vitOf(patch: number, depth = 2) {
  const sizes = { channels: 16, depth, heads: 2, patch, mlpRatio: 2, epsilon: 1e-6 };
  return { kind: 'vit', ...sizes, layerScale: 0, registers: 1 } as const;
}

function pyramidOf(patch: number): SimplePyramid {
  const backbone = vitOf(patch);
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

describe('windows of a ViT', () => {
  const parts = { generator, finalNorm: false };

  /** The patches of the last map that change with the last pixel of an image. */
  function changed(windows: AttentionWindows): number[] {
    const encoder = buildBackbone(vitOf(16, 4), stored, { ...parts, windows });
    return scope(() => {
      const image = randn([1, 3, 80, 48], { generator });
      const other = image.clone();
      other.narrow(2, 79, 1).narrow(3, 47, 1).add_(9);
      const [before, after] = [image, other].map((x) => at(encoder.features(x), 0));
      const apart = (after as Tensor)
        .sub(before as Tensor)
        .abs()
        .amax({ dim: [0, 3] });
      const sizes = [...apart.flatten().toArray()];
      return sizes.flatMap((size, place) => (size > 1e-7 ? place : []));
    });
  }

  test('keep blocks from what lies outside, unless a block sees all', () => {
    // A grid of 5 x 3 patches; windows of 2 are padded to 6 x 4.
    expect(changed({ side: 2, global: 0 })).toEqual([14]);
    expect(changed({ side: 3, global: 0 })).toEqual([9, 10, 11, 12, 13, 14]);
    expect(changed({ side: 2, global: 1 })).toHaveLength(15);
  });

  test('are those of ViTDet: 4 of 12 blocks see all, the last among them', () => {
    const encoder = buildBackbone(vitOf(16, 12), stored, {
      ...parts,
      windows: { side: 14, global: 4 },
    });
    const blocks = Array.from({ length: 12 }, (_, block) => block);
    const isVit = encoder instanceof Vit;
    expect(blocks.filter((i) => isVit && !encoder.windowsOf(i, 64, 64))).toEqual([2, 5, 8, 11]);
  });

  test('give what one window gives where it is as large as the grid', () => {
    const build = (windows: AttentionWindows) =>
      buildBackbone(vitOf(16), stored, { generator: new Generator(1), finalNorm: false, windows });
    const image = randn([2, 3, 64, 64], { generator });
    const [inWindows, global] = [0, 2].map((blocks) =>
      at(build({ side: 4, global: blocks }).features(image), 0),
    );
    expectClose(inWindows as Tensor, global as Tensor, { atol: 1e-6 });
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
