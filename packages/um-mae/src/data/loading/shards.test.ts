/** Thousands of images in shards: the loader visits them as it visits files. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { epochOrder } from '../../random.js';
import { packImages } from '../curation/pack.js';
import { fileSet } from '../sources/files.js';
import type { ImageSet } from '../sources/image-set.js';
import { openImages } from '../sources/open-images.js';
import { ImageLoader } from './loader.js';

const count = 5000;
const colours = 50;
let folder = '';
let files: ImageSet;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'um-mae-shards-'));
  const paths = Array.from({ length: colours }, (_, i) => join(folder, `${100 + i}.png`));
  for (const [i, path] of paths.entries()) {
    const background = { r: 5 * i, g: 255 - i, b: 7 };
    await sharp({ create: { width: 9, height: 9, channels: 3, background } }).toFile(path);
  }
  files = fileSet(Array.from({ length: count }, (_, i) => paths[i % colours] as string));
  const opened = { images: files, labelOf: () => undefined, classes: [] };
  await packImages(opened, { out: join(folder, 'shards'), imagesPerShard: 1100 });
});
afterAll(() => rm(folder, { recursive: true }));

function open(images: ImageSet, workers: number): ImageLoader {
  return new ImageLoader({
    images,
    height: 4,
    width: 4,
    transform: { kind: 'random-resized-crop', area: [0.2, 1], aspect: [1, 1], flip: 0.5 },
    batchSize: 128,
    seed: 3,
    workers,
  });
}

/** Collects the images of every batch from `start` on, and their bytes. */
async function visit(loader: ImageLoader, start = 0) {
  const batches = [];
  for await (const { indices, pixels, skipped } of loader.epoch(2, { start })) {
    expect(skipped).toEqual([]);
    batches.push({ indices, pixels: createHash('sha256').update(pixels).digest('hex') });
  }
  await loader.close();
  return batches;
}

describe('5,000 images in shards', () => {
  test('are shuffled across all shards, and look like the files that they were', async () => {
    const { images } = await openImages([join(folder, 'shards')]);
    expect(images.count).toBe(count);
    const batches = await visit(open(images, 2));
    expect(batches.flatMap(({ indices }) => indices)).toEqual([...epochOrder(count, 3, 2)]);
    expect(batches).toEqual(await visit(open(files, 1)));
  });

  test('go on exactly in the middle of an epoch', async () => {
    const { images } = await openImages([join(folder, 'shards')]);
    const all = await visit(open(images, 1));
    expect(await visit(open(images, 2), 17)).toEqual(all.slice(17));
  });
});
