import { fromArray, Generator, noGrad, randn, type Tensor } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import type { BackboneOptions } from '../backbones/families.js';
import { patchify } from '../backbones/parts/grid/patches.js';
import { pvt, swin, vit } from '../backbones/testing/small-backbones.js';
import type { MaskingOptions } from '../masking/mask.js';
import { buildObjective, type Method, type MethodOptions } from './build.js';
import type { DecoderOptions } from './decoder/options.js';
import { normalisePatches } from './pixel-target.js';
import { closeTokens } from './units.js';

const uniform: MaskingOptions = {
  kind: 'uniform',
  cell: [2, 2],
  secondaryRatio: 0.25,
  corners: 'independent',
};
const random: MaskingOptions = { kind: 'random', ratio: 0.75, secondaryRatio: 0 };

function build(method: Method, backbone: BackboneOptions, changes: Partial<MethodOptions> = {}) {
  const generator = new Generator(4);
  const options: MethodOptions = {
    method,
    backbone,
    image: { height: 32, width: 64 },
    masking: method === 'um-mae' ? uniform : random,
    decoder: dense,
    normPixels: true,
    ...changes,
  };
  const model = buildObjective(options, { generator });
  const { height, width } = options.image;
  const images = randn([2, 3, height, width], { generator });
  return { model, images, mask: model.drawMask(2, generator), options };
}

const dense: DecoderOptions = {
  kind: 'dense',
  channels: 8,
  depth: 1,
  heads: 2,
  mlpRatio: 4,
  epsilon: 1e-6,
  stages: 'last',
  positions: 'aligned',
};
const cross: DecoderOptions = {
  kind: 'cross',
  channels: 8,
  depth: 2,
  heads: 2,
  mlpRatio: 4,
  epsilon: 1e-6,
  stages: 'last',
  predicted: 0.3,
};

const ofAllStages: DecoderOptions = { ...dense, stages: 'all' };

describe.each([
  ['um-mae', 'swin', 'a decoder of all stages', swin, ofAllStages],
  ['um-mae', 'pvt', 'a cross decoder of all stages', pvt, { ...cross, stages: 'all' }],
  ['um-mae', 'swin', 'a dense decoder', swin, dense],
  ['um-mae', 'pvt', 'a dense decoder', pvt, dense],
  ['um-mae', 'vit', 'a dense decoder', vit, dense],
  ['mae', 'vit', 'a dense decoder', vit, dense],
  ['um-mae', 'swin', 'a cross decoder', swin, cross],
  ['um-mae', 'pvt', 'a cross decoder', pvt, cross],
  ['um-mae', 'vit', 'a cross decoder', vit, cross],
  ['mae', 'vit', 'a cross decoder', vit, cross],
  ['simmim', 'swin', 'no decoder', swin, dense],
  ['simmim', 'pvt', 'no decoder', pvt, dense],
  ['simmim', 'vit', 'no decoder', vit, dense],
] as const)('%s of %s with %s', (method, _, __, backbone, decoder) => {
  const { model, images, mask } = build(method, backbone, { decoder });

  test('takes the loss over predicted units only', () => {
    noGrad(() => {
      const target = normalisePatches(patchify(images, model.unit));
      const difference = model.predict(images, mask).sub(target);
      const each = method === 'simmim' ? difference.abs() : difference.square();
      const dropped = each.mean([-1]).maskedSelect(mask.predicted).mean();
      expectClose(model.forward(images, mask), dropped, { atol: 1e-5 });
    });
  });

  test('does not see the content of dropped or hidden units', () => {
    noGrad(() => {
      const unseen = mask.visible.logicalNot().logicalOr(mask.hidden);
      const pixels = unseen
        .view([2, 1, 4, 1, 8, 1])
        .expand([2, 3, 4, 8, 8, 8])
        .reshape(images.shape);
      const changed = images.maskedFill(pixels, 5);
      expectClose(model.predict(changed, mask), model.predict(images, mask), { atol: 1e-6 });
    });
  });

  test('refuses images of another size, whose grid would be another', () => {
    const { height, width } = model.options.image;
    for (const size of [
      [width, height],
      [height, width / 2],
    ] as const) {
      const others = randn([2, 3, ...size], { generator: new Generator(1) });
      const sentence = `Expected images of ${height}x${width} pixels, the size of the recipe, but got ${size.join('x')}.`;
      expect(() => model.forward(others, mask)).toThrow(sentence);
      expect(() => model.predict(others, mask)).toThrow(sentence);
    }
  });

  test('lets gradients reach what it trains', () => {
    model.forward(images, mask).backward();
    const without = [...model.namedParameters()].filter(([, { grad }]) => grad === undefined);
    expect(without.map(([name]) => name)).toEqual([]);
  });
});

describe('a decoder of all stages', () => {
  const { model, images, mask } = build('um-mae', swin, { decoder: ofAllStages });

  test('has weights beside those of another, and without them computes the same', () => {
    const plain = build('um-mae', swin).model;
    const state = model.state();
    const added = [...state.keys()].filter((name) => !plain.state().has(name));
    expect(added.every((name) => name.startsWith('decoder_stage_embeds.'))).toBe(true);
    expect(added).toHaveLength(2 * (model.encoder.channels.length - 1));
    const zeroed = [...state].map(([name, own]): [string, Tensor] => [
      name,
      added.includes(name) ? own.detach().mul(0) : own,
    ]);
    model.loadState(new Map(zeroed));
    noGrad(() =>
      expectClose(model.forward(images, mask), plain.forward(images, mask), { atol: 0 }),
    );
  });

  test('brings it the mean of the tokens of each unit', () => {
    const map = fromArray(
      Float32Array.from({ length: 16 }, (_, i) => i),
      { shape: [1, 2, 4, 2] },
    );
    expect([...closeTokens(map, 2).toArray()]).toEqual([5, 6, 9, 10]);
    expect(closeTokens(map, 1).shape).toEqual([1, 8, 2]);
  });
});

describe('uniform masking with other cells', () => {
  test.each([
    [[1, 2], { height: 32, width: 64 }, 16],
    [[3, 3], { height: 48, width: 96 }, 8],
    [[2, 1], { height: 32, width: 32 }, 8],
  ] as const)('of %j units trains on a compact grid', (cell, image, kept) => {
    for (const backbone of [swin, pvt]) {
      const masking = { ...uniform, cell };
      const { model, images, mask } = build('um-mae', backbone, { masking, image });
      expect(mask.visible.to('f32').sum([1]).toArray()).toEqual(new Float32Array([kept, kept]));
      noGrad(() => {
        expect(model.predict(images, mask).shape[1]).toBe(model.grid.rows * model.grid.columns);
        expect(model.forward(images, mask).isfinite().item()).toBe(true);
      });
    }
  });

  test('rejects an image that cells and strides do not divide', () => {
    const masking = { ...uniform, cell: [3, 3] } as const;
    expect(() => build('um-mae', swin, { masking })).toThrow(
      'Expected an image size that is a multiple of 48 pixels but got 32x64; the nearest are 48x48 and 48x96.',
    );
  });
});

describe('methods that do not fit', () => {
  test('mae of a pyramid says why', () => {
    expect(() => build('mae', swin)).toThrow('which leaves no regular grid');
  });

  test('um-mae wants uniform masking', () => {
    expect(() => build('um-mae', vit, { masking: random })).toThrow(
      'Expected uniform masking for the method um-mae but got random',
    );
  });

  test('simmim has nothing to hide', () => {
    const masking = { ...random, secondaryRatio: 0.5 };
    expect(() => build('simmim', swin, { masking })).toThrow('Expected no secondary masking');
  });
});
