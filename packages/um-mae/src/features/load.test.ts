import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Generator, memory, noGrad, scope, type Tensor, tensor } from '@um-mae/torch';
import { writeSafetensors, writeTorchFile } from '@um-mae/torch/serialization';
import { expectClose } from '@um-mae/torch/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { backbonePresets } from '../backbones/families.js';
import { fullGrid } from '../backbones/parts/grid/patch-grid.js';
import type { Classifier } from '../heads/classifier.js';
import { decodeImage } from '../images/decode.js';
import { evaluationCrop } from '../images/geometry/crop.js';
import { resample } from '../images/geometry/resize.js';
import { normaliseImages } from '../images/normalise.js';
import { buildObjective } from '../objectives/build.js';
import type { FinetuneRecipeInput } from '../recipes/finetune/finetune-recipe.js';
import { parseFinetuneRecipe, parsePretrainRecipe } from '../recipes/parse.js';
import { modelRecipe } from '../recipes/pretrain/named.js';
import type { PretrainRecipeInput } from '../recipes/pretrain/pretrain-recipe.js';
import { buildClassifier } from '../tasks/classification/classifier-weights.js';
import { openWeights } from '../weights/open-weights.js';
import { encoderOf, load } from './load.js';

const folder = mkdtempSync(join(tmpdir(), 'um-mae-load-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const photo = at('photo.png');

/** Writes a classifier's weights with their recipe. */
function writeClassifier(name: string, input: Partial<FinetuneRecipeInput>, seed = 0): Classifier {
  const recipe = parseFinetuneRecipe({
    backbone: pvt.backbone,
    image: pvt.image,
    from: null,
    head: { classes: ['a', 'b'] },
    data: { train: 'train', val: 'val' },
    ...input,
  });
  const generator = new Generator(seed);
  const model = buildClassifier(recipe, { generator }).eval();
  const metadata = { recipe: JSON.stringify(recipe) };
  mkdirSync(dirname(at(name)), { recursive: true });
  writeSafetensors(at(name), model.state(), { metadata });
  return model;
}

/** Writes an objective's weights with their recipe. */
function write(name: string, input: PretrainRecipeInput, seed = 0): string {
  const recipe = parsePretrainRecipe(input);
  const model = buildObjective(recipe, { generator: new Generator(seed) });
  writeSafetensors(at(name), model.state(), { metadata: { recipe: JSON.stringify(recipe) } });
  return at(name);
}

const pvt = {
  backbone: { ...backbonePresets['pvt-tiny'], channels: [8, 16, 40, 64], patch: 2 },
  decoder: { channels: 16, depth: 1, heads: 2 },
  image: { height: 64, width: 64 },
} as const;

let swin = '';
beforeAll(async () => {
  swin = write('swin.safetensors', modelRecipe('swin-micro'));
  await sharp({ create: { width: 90, height: 70, channels: 3, background: '#a04020' } })
    .png()
    .toFile(photo);
});

describe('load', () => {
  test('gives maps of every stage and a pooled embedding, for any form of image', async () => {
    using backbone = await load(swin);
    expect([backbone.strides, backbone.channels]).toEqual([
      [2, 4, 8, 16],
      [32, 64, 128, 256],
    ]);
    const pixels = await decodeImage(photo);
    const features = await backbone.features([photo, readFileSync(photo), pixels]);
    expect(features.maps.map(({ shape }) => shape)).toEqual([
      [3, 32, 32, 32],
      [3, 16, 16, 64],
      [3, 8, 8, 128],
      [3, 4, 4, 256],
    ]);
    expect(features.embedding.shape).toEqual([3, 2 * (32 + 64 + 128 + 256)]);
    expectClose(features.embedding.at(1), features.embedding.at(0), { atol: 1e-6 });
    expectClose(features.embedding.at(2), features.embedding.at(0), { atol: 1e-6 });
  });

  test('computes what the trained encoder computes', async () => {
    const recipe = parsePretrainRecipe(modelRecipe('swin-micro'));
    const model = buildObjective(recipe, { generator: new Generator(0) }).eval();
    using backbone = await load(swin);
    using features = await backbone.features([photo]);
    const image = await decodeImage(photo);
    const { image: size } = recipe;
    scope(() =>
      noGrad(() => {
        const pixels = resample(image, evaluationCrop(image, size));
        const maps = model.encoder.features(normaliseImages(pixels, size, 'cpu'));
        expectClose(features.maps.at(-1) as Tensor, maps.at(-1) as Tensor, { atol: 1e-6 });
      }),
    );
  });

  test('tells weights apart by what they are, not by where they are', async () => {
    const recipe = parsePretrainRecipe(modelRecipe('swin-micro'));
    const model = buildObjective(recipe, { generator: new Generator(0) });
    writeTorchFile(at('same.pth'), { model: model.state() });
    using same = await load(at('same.pth'));
    using other = await load(write('other.safetensors', modelRecipe('swin-micro'), 1));
    using first = await load(swin);
    expect(same.weights).toBe(first.weights);
    expect(other.weights).not.toBe(first.weights);
    const { backbone } = modelRecipe('swin-micro');
    const epsilon = write('epsilon.safetensors', {
      ...modelRecipe('swin-micro'),
      backbone: Object.assign({}, backbone, { epsilon: 1e-3 }),
    });
    using apart = await load(epsilon);
    expect(apart.weights).not.toBe(first.weights);
  });

  test('extracts the vectors of many images from what --data takes, batch by batch', async () => {
    using backbone = await load(swin);
    const list = at('list.txt');
    writeFileSync(list, 'photo.png\nphoto.png\nphoto.png\n');
    const onProgress = vi.fn();
    const { features, paths } = await backbone.extract(list, { batchSize: 2, onProgress });
    expect([features.shape, paths.length]).toEqual([[3, 2 * (32 + 64 + 128 + 256)], 3]);
    expect(onProgress.mock.calls).toEqual([
      [2, 3],
      [3, 3],
    ]);
    using alone = await backbone.features([photo]);
    expectClose(features.narrow(0, 2, 1), alone.embedding, { atol: 1e-5 });
    await expect(backbone.extract(list, { stages: [4] })).rejects.toThrow('stages out of 0 to 3');
  });

  test('observes what the encoder makes of an image, stage by stage', async () => {
    using backbone = await load(swin);
    using observed = await backbone.observe(photo);
    using features = await backbone.features([photo]);
    expect(observed.seen).toMatchObject({ height: 64, width: 64 });
    for (const [stage, map] of observed.maps.entries())
      expectClose(map, features.maps[stage] as Tensor, { atol: 1e-6 });
    expect(observed.attention.map(({ shape }) => shape.length)).toEqual([2, 2, 2, 2]);
    for (const received of observed.attention) expect(received.mean().number()).toBeCloseTo(1, 4);
  });

  test('takes the backbone of a classifier, without the norm that it does without', async () => {
    const model = writeClassifier('classifier.safetensors', {});
    writeTorchFile(at('classifier.pth'), { model: model.state() });
    using backbone = await load(at('classifier.safetensors'));
    expect(encoderOf(openWeights(at('classifier.safetensors'))).backbone.norm).toBeUndefined();
    using features = await backbone.features([photo]);
    const pixels = await decodeImage(photo);
    scope(() =>
      noGrad(() => {
        const input = normaliseImages(
          resample(pixels, evaluationCrop(pixels, pvt.image)),
          pvt.image,
          'cpu',
        );
        const { maps } = model.encoder.forward(fullGrid(input, model.encoder.patch));
        expectClose(features.maps.at(-1) as Tensor, maps.at(-1) as Tensor, { atol: 1e-6 });
      }),
    );
    const vit = {
      backbone: { kind: 'vit', channels: 16, depth: 2, heads: 2, patch: 8 },
      head: { classes: ['a', 'b'], pooling: 'class-token' },
    } as const;
    const state = writeClassifier('vit.safetensors', vit).state();
    const token = encoderOf(openWeights(at('vit.safetensors')));
    expectClose(
      token.backbone.state().get('norm.weight') as Tensor,
      state.get('norm.weight') as Tensor,
      { atol: 0 },
    );
  });

  test('takes the best weights of a run, and others by their path', async () => {
    writeClassifier('run/checkpoints/best/model.safetensors', {}, 1);
    writeClassifier('run/checkpoints/last/model.safetensors', {}, 2);
    using best = await load(at('run'));
    using named = await load(at('run/checkpoints/best'));
    using last = await load(at('run/checkpoints/last'));
    expect(best.weights).toBe(named.weights);
    expect(last.weights).not.toBe(named.weights);
  });

  test('frees everything that it is asked to free', async () => {
    const before = memory().tensors;
    const backbone = await load(swin);
    const features = await backbone.features([photo], { view: 'compact', stages: [1, 3] });
    expect(features.embedding.shape).toEqual([1, 2 * (64 + 256)]);
    features.dispose();
    backbone.dispose();
    // The collector may free what other tests have left behind.
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });

  test('takes images of another size, resizing stored positions only when asked to', async () => {
    const path = write('pvt.safetensors', pvt);
    const image = { height: 96, width: 96 };
    await expect(load(path, { image })).rejects.toThrow(
      /^Expected `pos_embed` of shape \[1, 2304, 8\] in .*pvt\.safetensors but got \[1, 1024, 8\]\.\n/,
    );
    using backbone = await load(path, { image, resizePositions: true });
    using features = await backbone.features([photo]);
    expect(features.maps.at(-1)?.shape).toEqual([1, 6, 6, 64]);
    using wide = await load(swin, { image: { height: 64, width: 96 } });
    using maps = await wide.features([photo]);
    expect(maps.maps.at(-1)?.shape).toEqual([1, 4, 6, 256]);
  });

  test('refuses what it cannot use in one sentence', async () => {
    const recipe = JSON.stringify(parsePretrainRecipe(modelRecipe('swin-micro')));
    writeSafetensors(at('decoder.safetensors'), new Map([['mask_token', tensor([[[1]]])]]), {
      metadata: { recipe },
    });
    await expect(load(at('decoder.safetensors'))).rejects.toThrow(
      /^Expected weights of an encoder in .*decoder\.safetensors but got none\.\n/,
    );
    writeSafetensors(at('words.safetensors'), new Map([['words', tensor([1])]]));
    await expect(load(at('words.safetensors'))).rejects.toThrow(
      /^Expected weights of a Swin, PVT or ViT in .* but got none of an encoder that is known here\.$/,
    );
    await expect(load(swin, { image: { height: 72, width: 64 } })).rejects.toThrow(
      'Expected an image size that is a multiple of 16 pixels but got 72x64',
    );
    using backbone = await load(swin);
    const of = (...images: Parameters<typeof backbone.features>) => backbone.features(...images);
    await expect(of([photo], { stages: [4] })).rejects.toThrow(
      'Expected stages out of 0 to 3 but got 4.',
    );
    await expect(of([])).rejects.toThrow('Expected at least one image but got none.');
    await expect(of([photo, Buffer.from('text')])).rejects.toThrow(
      'Expected an image at place 1 but it is not an image of a known format.',
    );
    await expect(of([at('gone.png')])).rejects.toThrow(/at .*gone\.png but it is missing\.$/);
    await expect(of([{ width: 2, height: 2, data: new Uint8Array(4) }])).rejects.toThrow(
      'Expected an image at place 0 but it is 4 bytes, not 2 x 2 pixels of 3.',
    );
  });
});
