import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backbonePresets } from '../../backbones/families.js';
import { Swin } from '../../backbones/swin/swin.js';
import { openImages } from '../../data/sources/open-images.js';
import { writeScenes } from '../../demo/scenes.js';
import { FrozenBackbone } from '../frozen-backbone.js';
import { defaultCache } from './cache-place.js';
import { cachedFeatures } from './cached-features.js';

const folder = mkdtempSync(join(tmpdir(), 'um-mae-cache-'));
afterAll(() => rmSync(folder, { recursive: true }));
const [data, cache] = [join(folder, 'data'), join(folder, 'cache')];
const image = { height: 64, width: 64 };

function frozenOf(seed: number): FrozenBackbone {
  const backbone = new Swin(backbonePresets['swin-micro'], {
    generator: new Generator(seed),
  }).eval();
  return new FrozenBackbone(backbone, { image, device: 'cpu', weights: `${seed}`, path: 'run' });
}

const frozen = frozenOf(1);
const imagesIn = async (path: string) => (await openImages([path])).images;
const parts = () => readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter(isPart);
const isPart = (name: string) => name.endsWith('.safetensors');

beforeAll(() => writeScenes(data, { perClass: { train: 1, val: 0 }, seed: 1 }));

describe('cachedFeatures', () => {
  test('are those of the backbone, computed once', async () => {
    const images = await imagesIn(data);
    const stages = [3, 1];
    const first = await cachedFeatures(frozen, images, { cache, stages });
    const again = await cachedFeatures(frozen, images, { cache, stages });
    expect([first.computed, again.computed]).toEqual([8, 0]);
    const direct = await frozen.extract(images, { stages });
    expectClose(first.features, direct.features, { atol: 1e-6 });
    expectClose(again.features, direct.features, { atol: 1e-6 });
    expect(again.indices).toEqual(direct.indices);
  });

  test('finds images that were moved, and computes those that are new', async () => {
    const moved = join(folder, 'moved');
    cpSync(join(data, 'train'), moved, { recursive: true });
    await writeScenes(join(moved, 'more'), { perClass: { train: 1, val: 0 }, seed: 2 });
    const { computed, paths } = await cachedFeatures(frozen, await imagesIn(moved), { cache });
    expect([computed, paths.length]).toEqual([8, 16]);
  });

  test('computes again for other weights, for another view and for another pooling', async () => {
    const images = await imagesIn(data);
    expect((await cachedFeatures(frozenOf(2), images, { cache })).computed).toBe(8);
    expect((await cachedFeatures(frozen, images, { cache, view: 'compact' })).computed).toBe(8);
    const means = { pooling: 'mean', stages: [3, 1] } as const;
    const found = await cachedFeatures(frozen, images, { cache, ...means });
    expect(found.computed).toBe(8);
    expectClose(found.features, (await frozen.extract(images, means)).features, { atol: 1e-6 });
  });

  test('computes equal files once, and leaves out what cannot be read', async () => {
    const twice = join(folder, 'twice');
    for (const name of ['a', 'b'])
      cpSync(join(data, 'train'), join(twice, name), { recursive: true });
    writeFileSync(join(twice, 'broken.png'), 'text');
    writeFileSync(join(twice, 'empty.png'), '');
    const found = await cachedFeatures(frozenOf(3), await imagesIn(twice), { cache });
    expect([found.computed, found.paths.length]).toEqual([8, 16]);
    expect(found.skipped.map(({ path }) => path).sort()).toEqual([
      join(twice, 'broken.png'),
      join(twice, 'empty.png'),
    ]);
  });

  test('does without parts that are damaged', async () => {
    for (const part of parts()) writeFileSync(join(cache, part), 'damaged');
    const { computed, features } = await cachedFeatures(frozen, await imagesIn(data), { cache });
    expect([computed, features.shape]).toEqual([8, [8, 2 * (32 + 64 + 128 + 256)]]);
  });

  test('keeps what was computed when it is stopped', async () => {
    const images = await imagesIn(data);
    const controller = new AbortController();
    const options = { cache, batchSize: 2, signal: controller.signal };
    const onProgress = () => controller.abort(new Error('enough'));
    await expect(cachedFeatures(frozenOf(4), images, { ...options, onProgress })).rejects.toThrow(
      'enough',
    );
    expect((await cachedFeatures(frozenOf(4), images, { cache })).computed).toBe(6);
  });
});

test.each([
  ['/runs/first', '/runs/first.features'],
  ['/runs/first/', '/runs/first.features'],
  ['/runs/first/checkpoints/last', '/runs/first.features'],
  ['/runs/first/checkpoints/last/model.safetensors', '/runs/first.features'],
  ['/weights/swin.v2.pth', '/weights/swin.v2.features'],
])('defaultCache of %s is %s', (path, expected) => {
  expect(defaultCache(path)).toBe(expected);
});
