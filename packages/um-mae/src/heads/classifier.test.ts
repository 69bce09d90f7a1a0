import { ok as assert } from 'node:assert';
import { Generator, noGrad, randn, zeros } from '@um-mae/torch';
import { BatchNorm2d } from '@um-mae/torch/nn';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import type { BackboneOptions } from '../backbones/families.js';
import type { HeadPooling } from '../backbones/pooled-stages.js';
import { pvt, swin, vit } from '../backbones/testing/small-backbones.js';
import { pooledFeatures } from '../features/pooling.js';
import { Classifier } from './classifier.js';

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
  ['pvt', pvt, 'mean-and-deviation'],
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
    const own = names.filter((name) => name.startsWith('fc_norm.'));
    expect(own.slice(0, 2)).toEqual(
      headPooling === 'class-token' ? [] : ['fc_norm.weight', 'fc_norm.bias'],
    );
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
  test('reads mean and deviation of every stage, each number by its own mean and deviation', () => {
    const model = build(swin, 'mean-and-deviation').train();
    const images = randn([6, 3, 32, 64], { generator: new Generator(3) });
    noGrad(() => {
      model.forward(images);
      const features = pooledFeatures(model.encoder, images);
      const { fc_norm, head } = model;
      assert(fc_norm instanceof BatchNorm2d);
      expect(head.weight.shape).toEqual([5, features.sizes(2)[1]]);
      // One batch moves the running statistics by a tenth.
      expectClose(fc_norm.running_mean.mul(10), features.mean([0]), { atol: 1e-4 });
      model.eval();
      const { running_mean, running_var, epsilon } = fc_norm;
      const normed = features.sub(running_mean).div(running_var.add(epsilon).sqrt());
      expectClose(model.forward(images), head.forward(normed), { atol: 1e-6 });
    });
  });

  test('has finite gradients where a stage has one place, and no deviation', () => {
    const small = { height: 32, width: 32 };
    const options = { backbone: swin, image: small, headPooling: 'mean-and-deviation' } as const;
    const model = new Classifier({ ...options, classes: 2 }, { generator: new Generator(4) });
    model.train();
    const flat = zeros([3, 3, 32, 32]);
    model.forward(flat).square().sum().backward();
    for (const [name, { grad }] of model.namedParameters())
      expect(grad?.isfinite().all().item(), name).toBe(true);
  });

  test('refuses a class token on a pyramid, and an image that the grid does not divide', () => {
    expect(() => build(swin, 'class-token')).toThrow(
      'Expected `head.pooling` mean or mean-and-deviation for swin, which has no class token, but got class-token.',
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
