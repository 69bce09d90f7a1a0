import { Generator, memory, noGrad, randn, type Tensor } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import type { Backbone } from '../backbones/backbone.js';
import { type BackboneOptions, buildBackbone } from '../backbones/build.js';
import { pvt, swin, vit } from '../backbones/testing/small-backbones.js';
import { attentionReceived } from './attention-received.js';

const image = { height: 64, width: 64 };
const pixels = randn([1, 3, 64, 64], { generator: new Generator(2) });

function build(options: BackboneOptions): Backbone {
  const backbone = buildBackbone(options, image, { generator: new Generator(1) });
  backbone.eval();
  return backbone;
}

const numbers = (map: Tensor) => [...map.contiguous().toArray()].map(Number);

const families = [
  ['Swin', swin],
  ['PVT', pvt],
  ['ViT', vit],
] as const;

describe('attentionReceived', () => {
  test.each(families)('gives places of a %s the mean of 1, and not all of them', (_, options) => {
    const backbone = build(options);
    const maps = noGrad(() => attentionReceived(backbone, pixels));
    expect(maps).toHaveLength(backbone.strides.length);
    for (const map of maps) {
      const found = numbers(map);
      const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
      // A class token gets some of a ViT's.
      if (backbone.hasClassToken) expect(Math.abs(mean - 1)).toBeLessThan(0.2);
      else expect(mean).toBeCloseTo(1, 4);
      expect(Math.max(...found)).toBeGreaterThan(Math.min(...found));
    }
  });

  test.each(families.slice(1))('is even for a %s that compares nothing', (_, options) => {
    const backbone = build(options);
    noGrad(() => {
      for (const [name, tensor] of backbone.namedParameters())
        if (/attn\.(q|qkv)\./.test(name)) tensor.zero_();
      for (const map of attentionReceived(backbone, pixels))
        for (const value of numbers(map)) expect(value).toBeCloseTo(1, 5);
    });
  });

  test('leaves nothing behind', () => {
    const backbone = build(swin);
    const look = () =>
      noGrad(() => {
        for (const map of attentionReceived(backbone, pixels)) map.dispose();
      });
    look();
    const before = memory().tensors;
    look();
    expect(memory().tensors).toBe(before);
  });
});
