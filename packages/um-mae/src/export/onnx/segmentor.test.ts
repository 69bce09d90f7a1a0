import { Generator, noGrad } from '@um-mae/torch';
import { BatchNorm2d } from '@um-mae/torch/nn';
import { expect, test } from 'vitest';
import type { ImageSize } from '../../backbones/backbone.js';
import { pvt, swin, vit } from '../../backbones/testing/small-backbones.js';
import { resizeMap } from '../../heads/segmentation/resize-map.js';
import { Segmentor, type SegmentorOptions } from '../../heads/segmentation/segmentor.js';
import { encodeModel } from './graph/model-message.js';
import { segmentorGraph } from './segmentor.js';
import { verify } from './verify.js';

const image: ImageSize = { height: 64, width: 64 };
const head = { channels: 8, dropout: 0.1, norm: 'batch', alignCorners: false } as const;

function build(options: Partial<SegmentorOptions>): Segmentor {
  const projection = { kind: 'conv', channels: 12 } as const;
  const whole = { backbone: swin, image, projection, head, classes: 5, ...options };
  const model = new Segmentor(whole, { generator: new Generator(3) });
  const norms = [...model.modules()].filter((module) => module instanceof BatchNorm2d);
  const generator = new Generator(4);
  noGrad(() => {
    for (const { running_mean, running_var } of norms) {
      running_mean.uniform_({ from: -1, to: 1, generator });
      running_var.uniform_({ from: 0.5, to: 2, generator });
    }
  });
  model.eval();
  return model;
}

test.each<[string, Partial<SegmentorOptions>, ImageSize]>([
  ['a Swin', {}, image],
  ['a Swin whose windows reach beyond', { nominal: { height: 128, width: 128 } }, image],
  [
    'a Swin of other layers',
    {
      projection: { kind: 'norm-linear', channels: 12 },
      head: { ...head, norm: 'group', alignCorners: true },
    },
    { height: 96, width: 64 },
  ],
  [
    'a PVT of another size',
    { backbone: pvt, projection: { kind: 'none', channels: 1 } },
    { height: 64, width: 128 },
  ],
  ['a ViT', { backbone: vit }, image],
  ['a ViT of another size', { backbone: vit }, { height: 64, width: 96 }],
  ['a ViT of relative positions', { backbone: vit, relativePositions: true }, image],
])('a graph gives the logits of %s', async (_, options, size) => {
  const model = build(options);
  const graph = segmentorGraph(model, { image: size, batch: 'batch', precision: 'f32' });
  expect(graph.outputs).toEqual([{ name: 'logits', shape: ['batch', 5, size.height, size.width] }]);
  const bytes = encodeModel({ name: 'test', producerVersion: '0', metadata: {}, ...graph });
  const { alignCorners } = model.decode_head;
  const { difference } = await verify(bytes, {
    shape: [2, 3, size.height, size.width],
    expected: (images) => {
      const { decode } = model.forward(images);
      return { logits: resizeMap(decode, [size.height, size.width], alignCorners) };
    },
    threads: 1,
  });
  expect(difference).toBeLessThan(1e-5);
});

test.each<[string, Partial<SegmentorOptions>]>([
  ['Swin', { nominal: { height: 128, width: 128 } }],
  ['Swin of group norm', { head: { ...head, norm: 'group', alignCorners: true } }],
  ['PVT', { backbone: pvt, projection: { kind: 'norm-linear', channels: 12 } }],
  ['ViT', { backbone: vit }],
])('an open graph gives the logits of a %s for images of any size', async (_, options) => {
  const model = build(options);
  const isOpen = true;
  const nominal = model.options.nominal ?? image;
  const graph = segmentorGraph(model, { image: nominal, isOpen, batch: 'batch', precision: 'f32' });
  expect(graph.outputs[0]?.shape).toEqual(['batch', 5, 'height', 'width']);
  const bytes = encodeModel({ name: 'test', producerVersion: '0', metadata: {}, ...graph });
  for (const [height, width] of [
    [64, 64],
    [150, 333],
    [35, 41],
  ] as const) {
    const { alignCorners } = model.decode_head;
    const { difference } = await verify(bytes, {
      shape: [2, 3, height, width],
      expected: (images) => ({
        logits: resizeMap(model.forward(images).decode, [height, width], alignCorners),
      }),
      threads: 1,
    });
    expect(difference, `${height}x${width}`).toBeLessThan(1e-5);
  }
});

test('a graph gives the likeliest classes, which are whole numbers', async () => {
  const model = build({});
  const options = { image, batch: 1, precision: 'f32' } as const;
  const graph = segmentorGraph(model, options, 'classes');
  const shape = [1, image.height, image.width];
  expect(graph.outputs).toEqual([{ name: 'classes', shape, type: 'i32' }]);
  const bytes = encodeModel({ name: 'test', producerVersion: '0', metadata: {}, ...graph });
  const size = [image.height, image.width] as const;
  const { difference } = await verify(bytes, {
    shape: [1, 3, ...size],
    expected: (images) => ({
      classes: resizeMap(model.forward(images).decode, size, false).argmax({ dim: 1 }).to('i32'),
    }),
    threads: 1,
  });
  expect(difference).toBeLessThan(1e-3);
});

test('refuses sizes that a network does not have', () => {
  const options = { image, batch: 1, precision: 'f32' } as const;
  const odd = { ...options, image: { height: 64, width: 50 } };
  expect(() => segmentorGraph(build({}), odd)).toThrow(
    'Expected images of a multiple of 16 pixels to export a segmentor for but got 64x50; open the size by --size dynamic.',
  );
  const relative = build({ backbone: vit, relativePositions: true });
  expect(() => segmentorGraph(relative, { ...options, isOpen: true })).toThrow(
    'Expected images of 64x64, the only size of relative positions, to export a segmentor for but got any size.',
  );
});
