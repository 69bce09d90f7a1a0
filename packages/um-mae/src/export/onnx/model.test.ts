import { Generator, noGrad } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import type { ImageSize } from '../../backbones/backbone.js';
import { buildBackbone } from '../../backbones/build.js';
import type { BackboneOptions } from '../../backbones/families.js';
import type { HeadPooling } from '../../backbones/pooled-stages.js';
import { defaultPooledStages } from '../../backbones/pooled-stages.js';
import { pvt, swin, vit } from '../../backbones/testing/small-backbones.js';
import { poolMaps } from '../../features/pooling.js';
import { Classifier } from '../../heads/classifier.js';
import { encodeModel, type OnnxModel } from './graph/model-message.js';
import { backboneGraph, classifierGraph } from './model.js';
import { verify } from './verify.js';

const square: ImageSize = { height: 64, width: 64 };
// Its third stage, of 12 tokens a side, has to be padded to windows of 8.
const large: ImageSize = { height: 96, width: 128 };

const encoded = (graph: Omit<OnnxModel, 'name' | 'producerVersion' | 'metadata'>) =>
  encodeModel({ name: 'test', producerVersion: '0', metadata: { kind: 'test' }, ...graph });

describe('backboneGraph', () => {
  test.each<[string, BackboneOptions, ImageSize, number | 'batch']>([
    ['Swin', swin, square, 'batch'],
    ['Swin whose windows do not fit', swin, large, 2],
    ['Swin of other options', { ...swin, mlpRatio: 2.6, epsilon: 1e-2 }, square, 2],
    ['PVT', pvt, square, 'batch'],
    ['PVT of a rectangle', pvt, large, 2],
    ['ViT', vit, large, 'batch'],
    ['ViT of other options', { ...vit, mlpRatio: 2.6, epsilon: 1e-2 }, square, 2],
  ])('gives what our %s gives', async (_, options, image, batch) => {
    const backbone = noGrad(() => buildBackbone(options, image, { generator: new Generator(1) }));
    backbone.eval();
    const { difference } = await verify(
      encoded(backboneGraph(backbone, { image, batch, precision: 'f32' })),
      {
        shape: [2, 3, image.height, image.width],
        expected: (images) => {
          const maps = backbone.features(images);
          const stages = maps.map((map, stage) => [`stage${stage}`, map] as const);
          const embedding = poolMaps(maps, defaultPooledStages(backbone.channels));
          return { ...Object.fromEntries(stages), embedding };
        },
        threads: 1,
      },
    );
    expect(difference).toBeLessThan(1e-5);
  });

  test.each([
    ['Swin', swin],
    ['PVT', pvt],
    ['ViT', vit],
  ])('keeps the rules of ONNX for %s', (_, options) => {
    const backbone = buildBackbone(options, square, { generator: new Generator(1) });
    const graph = backboneGraph(backbone, { image: square, batch: 'batch', precision: 'f32' });
    const known = new Set([...graph.inputs, ...graph.constants].map(({ name }) => name));
    expect(known.size).toBe(graph.inputs.length + graph.constants.length);
    for (const { operator, inputs, outputs } of graph.nodes) {
      for (const name of inputs) expect(known, `input of ${operator}`).toContain(name);
      for (const name of outputs) expect(known, `output of ${operator}`).not.toContain(name);
      for (const name of outputs) known.add(name);
    }
    for (const { name } of [...graph.outputs, ...graph.values]) expect(known).toContain(name);
    const sizes = { f32: 4, f16: 2, i32: 4, i64: 8 };
    for (const { shape, type, bytes } of graph.constants) {
      expect(bytes).toHaveLength(shape.reduce((product, size) => product * size, sizes[type]));
    }
    for (const { shape } of [...graph.outputs, ...graph.values]) {
      for (const size of shape)
        expect(typeof size === 'string' || Number.isInteger(size)).toBe(true);
    }
  });
});

describe('classifierGraph', () => {
  test.each<[string, BackboneOptions, HeadPooling]>([
    ['the mean of tokens', swin, 'mean'],
    ['the mean of tokens of a PVT', pvt, 'mean'],
    ['the mean of patches of a ViT', vit, 'mean'],
    ['a class token', vit, 'class-token'],
    ['statistics of all stages', swin, 'mean-and-deviation'],
  ])('tells classes from %s', async (_, backbone, headPooling) => {
    const options = { backbone, image: square, headPooling, classes: 3 };
    const model = noGrad(() => new Classifier(options, { generator: new Generator(1) }));
    model.eval();
    const graph = classifierGraph(model, { image: square, batch: 'batch', precision: 'f32' });
    const { difference } = await verify(encoded(graph), {
      shape: [3, 3, 64, 64],
      expected: (images) => ({ logits: model.forward(images) }),
      threads: 1,
    });
    expect(difference).toBeLessThan(1e-4);
  });
});

describe('verify', () => {
  test('tells how far another model is', async () => {
    const build = (seed: number) =>
      noGrad(() => buildBackbone(vit, square, { generator: new Generator(seed) }));
    const [one, other] = [build(1), build(2)];
    const counts: string[] = [];
    const { difference } = await verify(
      encoded(backboneGraph(one, { image: square, batch: 1, precision: 'f32' })),
      {
        shape: [1, 3, 64, 64],
        expected: (images) => ({ stage0: other.features(images)[0] ?? images }),
        threads: 1,
        onProgress: (done, total) => counts.push(`${done} of ${total}`),
      },
    );
    expect(difference).toBeGreaterThan(0.1);
    expect(counts).toEqual([1, 2, 3, 4, 5].map((done) => `${done} of 6`));
  });
});
