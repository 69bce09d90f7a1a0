import { Generator, noGrad, randn, type Tensor } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { type BackboneOptions, buildBackbone, unitsPerToken } from './build.js';
import { maskUnit } from './mask-unit.js';
import { backbonePresets } from './presets.js';

const backbones: Readonly<Record<string, BackboneOptions>> = {
  swin: { ...backbonePresets['swin-micro'], channels: 8, heads: [1, 1, 2, 2] },
  pvt: {
    ...backbonePresets['pvt-tiny'],
    channels: [8, 16, 24, 32],
    depths: [1, 1, 1, 2],
    heads: [1, 2, 3, 4],
    patch: 2,
  },
  vit: { kind: 'vit', channels: 16, depth: 2, heads: 2, patch: 8 },
};

describe.each(Object.entries(backbones))('%s', (_, options) => {
  const generator = new Generator(5);
  const image = { height: 64, width: 96 };
  const backbone = buildBackbone(options, image, { generator });
  const images = randn([2, 3, 64, 96], { generator });
  const maps = () => backbone.features(images);

  test('gives one map per stage, of the strides and channels that it tells', () => {
    const shapes = noGrad(maps).map((map) => map.shape);
    expect(shapes).toEqual(
      backbone.strides.map((stride, i) => [2, 64 / stride, 96 / stride, backbone.channels[i]]),
    );
  });

  test('has tokens of the last stage that stand for whole mask units', () => {
    expect(backbone.strides.at(-1)).toBe(maskUnit(options) * unitsPerToken(options));
  });

  test('treats the images of a batch apart', () => {
    const alone = noGrad(() => backbone.features(images.narrow(0, 1, 1)));
    for (const [i, map] of noGrad(maps).entries()) {
      expectClose(map.narrow(0, 1, 1), alone[i] as Tensor, { atol: 2e-5 });
    }
  });

  test('is the same from the same seed', () => {
    const draw = () => buildBackbone(options, image, { generator: new Generator(9) }).state();
    const [first, second] = [draw(), draw()];
    expect([...first.keys()]).toEqual([...second.keys()]);
    for (const [name, tensor] of first)
      expectClose(tensor, second.get(name) as Tensor, { atol: 0 });
  });

  test('lets gradients reach every parameter', () => {
    backbone.features(images).at(-1)?.square().sum().backward();
    for (const [name, parameter] of backbone.namedParameters()) {
      expect(parameter.grad?.isfinite().all().item(), name).toBe(true);
      parameter.grad = undefined;
    }
  });
});
