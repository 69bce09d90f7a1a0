import { Generator, noGrad, randn } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import type { BackboneOptions } from '../../backbones/families.js';
import { pvt, swin, vit } from '../../backbones/testing/small-backbones.js';
import type { ProjectionKind } from './map-pyramid.js';
import { Segmentor, type SegmentorOptions } from './segmentor.js';

const head = { channels: 8, dropout: 0.1, norm: 'batch', alignCorners: false } as const;

function build(
  backbone: BackboneOptions,
  kind: ProjectionKind,
  more: Partial<SegmentorOptions> = {},
): Segmentor {
  const image = { height: 64, width: 64 };
  const projection = { kind, channels: 12 };
  const auxiliary = { channels: 6 };
  const options = { backbone, image, projection, head, auxiliary, classes: 5, ...more };
  return new Segmentor(options, { generator: new Generator(3) });
}

const images = randn([2, 3, 70, 101], { generator: new Generator(4) });

describe.each([
  ['a Swin', swin, 'conv', 'fpn1.weight'],
  ['a Swin', swin, 'norm-linear', 'up1.0.weight'],
  ['a Swin', swin, 'none', undefined],
  ['a PVT', pvt, 'conv', 'fpn1.weight'],
  ['a ViT', vit, 'conv', 'fpn1.0.weight'],
] as const)('a segmentor on %s', (_, backbone, kind, projection) => {
  const model = build(backbone, kind);

  test(`gives logits of images of any size, at the stride of its finest map (${kind})`, () => {
    const { decode, auxiliary } = noGrad(() => model.eval().forward(images));
    expect(decode.shape.slice(0, 2)).toEqual([2, 5]);
    expect(decode.isfinite().all().item()).toBe(true);
    expect(auxiliary).toBeUndefined();
  });

  test(`has an auxiliary head in training, and gradients everywhere (${kind})`, () => {
    const { decode, auxiliary } = model.train().forward(images);
    expect(auxiliary?.shape.slice(0, 2)).toEqual([2, 5]);
    const loss = decode.square().mean();
    (auxiliary ? loss.add(auxiliary.square().mean()) : loss).backward();
    for (const [name, { grad }] of model.namedParameters())
      expect(grad?.isfinite().all().item(), name).toBe(true);
  });

  test(`names its tensors as published checkpoints do (${kind})`, () => {
    const names = [...model.state().keys()];
    expect(names).toContain('blocks.0.norm1.weight');
    if (projection) expect(names).toContain(projection);
    expect(names).toContain('decode_head.psp_modules.3.1.bn.running_var');
    expect(names).toContain('decode_head.lateral_convs.2.conv.weight');
    expect(names).toContain('auxiliary_head.convs.0.conv.weight');
    expect(names.some((name) => name.startsWith('norm.'))).toBe(false);
  });
});

describe('Segmentor', () => {
  test('gives the maps of the backbone alone where windows divide the image', () => {
    const model = build(swin, 'none').eval();
    const square = randn([1, 3, 64, 64], { generator: new Generator(5) });
    const { maps, features } = noGrad(() => ({
      maps: model.backbone.forward(square),
      features: model.encoder.features(square),
    }));
    for (const [i, map] of features.entries())
      expectClose(maps[i] ?? map, map.permute([0, 3, 1, 2]), { atol: 1e-5 });
  });

  test('takes images of one size where positions are relative, and gives their biases gradients', () => {
    const model = build(vit, 'conv', { relativePositions: true });
    const square = randn([2, 3, 64, 64], { generator: new Generator(6) });
    model.train().forward(square).decode.square().mean().backward();
    const name = 'blocks.0.attn.relative_position_bias_table';
    expect(model.namedParameters().get(name)?.grad?.abs().amax().number()).toBeGreaterThan(0);
    expect(() => model.forward(images)).toThrow('Expected tokens of shape');
  });

  test('learns from one image by group norm', () => {
    const model = build(pvt, 'conv', { head: { ...head, norm: 'group' } });
    const { decode } = model.train().forward(images.narrow(0, 0, 1));
    decode.square().mean().backward();
    expect([...model.state().keys()].some((name) => name.includes('.bn.'))).toBe(false);
  });

  test('refuses an image that its coarsest map has no place for', () => {
    expect(() => build(swin, 'conv', { image: { height: 8, width: 64 } })).toThrow(
      /^Expected images of \d+ pixels or more on each side but got 8x64\.$/,
    );
  });
});
