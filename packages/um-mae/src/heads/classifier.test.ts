import { Generator, noGrad, randn } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import type { BackboneOptions } from '../backbones/families.js';
import { pvt, swin, vit } from '../backbones/testing/small-backbones.js';
import { Classifier, type HeadPooling } from './classifier.js';

const image = { height: 32, width: 64 };

function build(backbone: BackboneOptions, headPooling: HeadPooling = 'mean'): Classifier {
  const options = { backbone, image, headPooling, classes: 5 };
  return new Classifier(options, { generator: new Generator(1) });
}

describe.each([
  ['swin', swin, 'mean'],
  ['pvt', pvt, 'mean'],
  ['vit', vit, 'mean'],
  ['vit', vit, 'class-token'],
] as const)('a classifier on %s', (_, backbone, headPooling) => {
  const model = build(backbone, headPooling);
  const images = randn([3, 3, 32, 64], { generator: new Generator(2) });

  test(`gives nearly equal logits at first, by ${headPooling}`, () => {
    const logits = noGrad(() => model.forward(images));
    expect(logits.shape).toEqual([3, 5]);
    expect(logits.abs().amax().number()).toBeLessThan(1e-3);
    expect(logits.abs().amax().number()).toBeGreaterThan(0);
  });

  test(`names tensors as published checkpoints do, by ${headPooling}`, () => {
    const names = [...model.state().keys()];
    const own = headPooling === 'mean' ? ['fc_norm.weight', 'fc_norm.bias'] : [];
    expect(names.slice(names.indexOf('head.weight') - own.length)).toEqual([
      ...own,
      'head.weight',
      'head.bias',
    ]);
    expect(names.includes('norm.weight')).toBe(headPooling === 'class-token');
    expect(names).toContain('blocks.0.norm1.weight');
  });
});

describe('Classifier', () => {
  test('refuses a class token on a pyramid, and an image that the grid does not divide', () => {
    expect(() => build(swin, 'class-token')).toThrow(
      'Expected `head.pooling` mean for swin, which has no class token, but got class-token.',
    );
    const options = { backbone: pvt, headPooling: 'mean', classes: 2 } as const;
    const build40 = () =>
      new Classifier(
        { ...options, image: { height: 40, width: 32 } },
        { generator: new Generator(0) },
      );
    expect(build40).toThrow(
      'multiple of 16 pixels but got 40x32; the nearest are 32x32 and 48x32.',
    );
  });
});
