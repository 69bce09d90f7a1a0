import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, memory, noGrad } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backbonePresets } from '../backbones/families.js';
import { Swin } from '../backbones/swin/swin.js';
import { findImages } from '../data/image-files.js';
import { fileSet, listedFiles } from '../data/sources/files.js';
import { writeScenes } from '../demo/scenes.js';
import { decodeImage } from '../images/decode.js';
import { evaluationCrop } from '../images/geometry/crop.js';
import { resample } from '../images/geometry/resize.js';
import { normaliseImages } from '../images/normalise.js';
import { extractFeatures, featureBatches } from './extract-features.js';
import { pooledFeatures } from './pooling.js';

const image = { height: 64, width: 64 };
const backbone = new Swin(backbonePresets['swin-micro'], { generator: new Generator(1) });
const source = { backbone, image, device: 'cpu' };

describe('extractFeatures', () => {
  let folder = '';
  let paths: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'um-mae-features-'));
    await writeScenes(folder, { perClass: { train: 1, val: 0 }, seed: 1 });
    paths = (await findImages([folder])).paths;
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('is what the backbone makes of each image alone', async () => {
    const { features, skipped } = await extractFeatures(source, fileSet(paths), { batchSize: 3 });
    expect(features.shape).toEqual([8, 2 * (32 + 64 + 128 + 256)]);
    expect(skipped).toEqual([]);
    const third = await decodeImage(paths[2] as string);
    const pixels = resample(third, evaluationCrop(third, image));
    const alone = noGrad(() => pooledFeatures(backbone, normaliseImages(pixels, image, 'cpu')));
    expectClose(features.narrow(0, 2, 1), alone, { atol: 1e-5 });
  });

  test('joins the stages that are asked for', async () => {
    const options = { batchSize: 8, pooling: 'mean' } as const;
    const both = await extractFeatures(source, fileSet(paths), { ...options, stages: [1, 3] });
    const last = await extractFeatures(source, fileSet(paths), { ...options, stages: [3] });
    expect(both.features.shape).toEqual([8, 64 + 256]);
    expectClose(both.features.narrow(1, 64, 256), last.features, { atol: 1e-6 });
  });

  test('leaves out what it cannot read', async () => {
    const broken = join(folder, 'broken.png');
    await writeFile(broken, 'not an image');
    const given = [paths[0] as string, broken, paths[1] as string];
    const { features, paths: read, skipped } = await extractFeatures(source, fileSet(given));
    expect(features.shape).toEqual([2, 2 * (32 + 64 + 128 + 256)]);
    expect(read).toEqual([paths[0], paths[1]]);
    expect(skipped).toMatchObject([{ path: broken }]);
  });

  test('leaves no tensor behind but its result', async () => {
    // The first pass keeps what stays the same: windows and tables of positions.
    (await extractFeatures(source, fileSet(paths))).features.dispose();
    const before = memory().tensors;
    const { features } = await extractFeatures(source, fileSet(paths));
    expect(memory().tensors - before).toBe(1);
    features.dispose();
  });

  test('ends with the reason of its signal', async () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    const { signal } = controller;
    await expect(extractFeatures(source, fileSet(paths), { signal })).rejects.toThrow('enough');
  });

  test('hears of a signal between two batches, even when the next images are there', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const many = Array.from({ length: 4 }, () => paths).flat();
    const options = { batchSize: 2, signal };
    let batches = 0;
    const read = async () => {
      for await (const _ of featureBatches(source, listedFiles(many, many), options)) {
        batches++;
        setImmediate(() => controller.abort(new Error('enough')));
      }
    };
    await expect(read()).rejects.toThrow('enough');
    expect(batches).toBe(1);
  });

  test('leaves the backbone in training as it was', async () => {
    backbone.train();
    await extractFeatures(source, fileSet(paths));
    expect(backbone.training).toBe(true);
  });
});
