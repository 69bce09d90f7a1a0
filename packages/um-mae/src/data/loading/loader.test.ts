import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyOperations, drawRandAugment } from '../../images/augmentation/rand-augment.js';
import { decodeImage } from '../../images/decode.js';
import { evaluationCrop, fit, randomResizedCrop } from '../../images/geometry/crop.js';
import { movePoint } from '../../images/geometry/geometry.js';
import { resample } from '../../images/geometry/resize.js';
import { epochOrder, seededRandom } from '../../random.js';
import { fileSet } from '../sources/files.js';
import type { ImageSet } from '../sources/image-set.js';
import { ImageLoader, type ImageLoaderOptions } from './loader.js';

let folder = '';
let paths: string[] = [];
const count = 22;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'um-mae-loader-'));
  paths = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const random = seededRandom(i);
      const [width, height] = [20 + i, 30 - (i % 7)];
      const data = Uint8Array.from({ length: width * height * 3 }, () => random() * 256);
      const path = join(folder, `${i}.png`);
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(path);
      return path;
    }),
  );
  await writeFile(join(folder, 'broken.png'), 'no image');
  await writeFile(join(folder, 'empty.png'), '');
});
afterAll(() => rm(folder, { recursive: true }));

const training = {
  kind: 'random-resized-crop',
  area: [0.2, 1],
  aspect: [3 / 4, 4 / 3],
  flip: 0.5,
} as const;

type Options = Partial<ImageLoaderOptions & { readonly paths: readonly string[] }>;

function open({ paths: wanted = paths, ...options }: Options = {}): ImageLoader {
  return new ImageLoader({
    images: fileSet(wanted),
    height: 16,
    width: 24,
    transform: training,
    batchSize: 5,
    seed: 1,
    workers: 2,
    ...options,
  });
}

/** Everything an epoch yields, copied. */
async function collect(loader: ImageLoader, epoch: number, start = 0) {
  const batches = [];
  for await (const batch of loader.epoch(epoch, { start })) {
    batches.push({ ...batch, pixels: batch.pixels.slice() });
  }
  return batches;
}

async function once(options: Options, epoch = 0, start = 0) {
  const loader = open(options);
  try {
    return await collect(loader, epoch, start);
  } finally {
    await loader.close();
  }
}

describe('ImageLoader', () => {
  test('visits every image once, in the order of the epoch', async () => {
    const batches = await once({});
    expect(batches.map(({ indices }) => indices.length)).toEqual([5, 5, 5, 5, 2]);
    expect(batches.flatMap(({ indices }) => indices)).toEqual([...epochOrder(count, 1, 0)]);
    for (const { pixels, indices, paths: names } of batches) {
      expect(pixels.length).toBe(indices.length * 16 * 24 * 3);
      expect(names).toEqual(indices.map((index) => paths[index]));
    }
  });

  test('yields the same bytes for any number of threads', async () => {
    const expected = await once({ workers: 1 });
    expect(await once({ workers: 2 })).toEqual(expected);
    expect(await once({ workers: 3 })).toEqual(expected);
  });

  test('enters an epoch anywhere', async () => {
    const expected = await once({}, 3);
    expect(await once({}, 3, 2)).toEqual(expected.slice(2));
    expect(await once({}, 3, 5)).toEqual([]);
  });

  test('augments an image by seed, epoch and place in the data set', async () => {
    const one = { paths: paths.slice(0, 1), batchSize: 1 };
    const loader = open(one);
    const seen = [];
    for (const epoch of [0, 1, 0]) seen.push((await collect(loader, epoch))[0]?.pixels);
    await loader.close();
    expect(seen[0]).toEqual(seen[2]);
    expect(seen[0]).not.toEqual(seen[1]);
    expect((await once({ ...one, seed: 2 }))[0]?.pixels).not.toEqual(seen[0]);
  });

  test('mirrors as often as told', async () => {
    const always = await once({ transform: { ...training, flip: 1 } });
    const never = await once({ transform: { ...training, flip: 0 } });
    always.forEach(({ pixels }, batch) => {
      const plain = never[batch]?.pixels as Uint8Array;
      const mirrored = pixels.map((_, i) => {
        const column = Math.floor(i / 3) % 24;
        return plain[i + (23 - 2 * column) * 3] as number;
      });
      expect(pixels).toEqual(mirrored);
    });
  });

  test('augments crops by the same seed, epoch and place, for any number of threads', async () => {
    const randAugment = { operations: 3, magnitude: 9, magnitudeDeviation: 0.5, increasing: true };
    const transform = { ...training, kind: 'augmented-crop', randAugment } as const;
    const cropped = await once({}, 4);
    const augmented = await once({ transform, workers: 3 }, 4);
    expect(await once({ transform, workers: 1 }, 4)).toEqual(augmented);
    for (const [batch, { pixels, indices }] of augmented.entries()) {
      for (const [slot, index] of indices.entries()) {
        const random = seededRandom(1, 4, index);
        randomResizedCrop({ width: 20 + index, height: 30 - (index % 7) }, training, random);
        random(); // whether it is mirrored
        const image = (all: Uint8Array) =>
          all.subarray(slot * 16 * 24 * 3, (slot + 1) * 16 * 24 * 3);
        const data = image(cropped[batch]?.pixels as Uint8Array);
        const operations = drawRandAugment(randAugment, random);
        const expected = applyOperations({ width: 24, height: 16, data }, operations);
        expect(image(pixels)).toEqual(expected);
      }
    }
    expect(augmented).not.toEqual(cropped);
  });

  test('shows the middle, in order, for evaluation', async () => {
    const [path] = paths as [string];
    const image = await decodeImage(path);
    const options = { transform: { kind: 'center-crop' }, shuffle: false, workers: 1 } as const;
    const [batch] = await once({ ...options, paths: [path] });
    const expected = resample(image, evaluationCrop(image, { width: 24, height: 16 }));
    expect(batch?.pixels).toEqual(expected);
    const all = await once(options);
    expect(all.flatMap(({ indices }) => indices)).toEqual(paths.map((_, i) => i));
  });

  test('drops the last, incomplete batch when told to', async () => {
    const loader = open({ dropLast: true });
    expect(loader.batches).toBe(4);
    expect(await collect(loader, 0)).toHaveLength(4);
    await loader.close();
  });

  test('rejects a batch that the images do not fill', () => {
    expect(() => open({ batchSize: 23, dropLast: true })).toThrow(
      'Expected at least one batch of 23 images but got 22 in all.\nAdd images or lower --batch-size.',
    );
  });

  test('leaves unreadable images out of their batch and reports them', async () => {
    const bad = ['broken.png', 'empty.png', 'gone.png'].map((name) => join(folder, name));
    const mixed = [bad[0], ...paths.slice(0, 3), ...bad.slice(1), ...paths.slice(3, 6)] as string[];
    const clean = await once({
      paths: mixed.map((path) => (bad.includes(path) ? (paths[9] as string) : path)),
      shuffle: false,
    });
    const batches = await once({ paths: mixed, shuffle: false, workers: 3 });
    expect(batches.map(({ indices }) => indices)).toEqual([
      [1, 2, 3],
      [6, 7, 8],
    ]);
    expect(batches.map(({ skipped }) => skipped)).toEqual([
      [
        { path: bad[0], reason: 'not an image of a known format' },
        { path: bad[1], reason: 'empty (zero bytes)' },
      ],
      [{ path: bad[2], reason: 'missing' }],
    ]);
    const bytes = 16 * 24 * 3;
    expect(batches[0]?.pixels).toEqual(clean[0]?.pixels.subarray(bytes, 4 * bytes));
    expect(batches[1]?.pixels).toEqual(clean[1]?.pixels.subarray(bytes, 4 * bytes));
  });

  test('may yield an empty batch', async () => {
    const [batch] = await once({ paths: [join(folder, 'empty.png')] });
    expect(batch).toMatchObject({
      indices: [],
      paths: [],
      skipped: [{ reason: 'empty (zero bytes)' }],
    });
    expect(batch?.pixels).toHaveLength(0);
  });

  test('prepares the next batches while the main thread is blocked', async () => {
    const loader = open({ batchSize: 4 });
    const batches = loader.epoch(0);
    await batches.next();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    const turn = new Promise((resolve) => setImmediate(resolve, 'one turn of the event loop'));
    await turn;
    for (let batch = 0; batch < 2; batch++) {
      const late = new Promise((resolve) => setImmediate(() => setImmediate(resolve, 'late')));
      expect(await Promise.race([batches.next(), late])).not.toBe('late');
    }
    await batches.return();
    await loader.close();
  });

  test('serves another epoch after one was left early', async () => {
    const loader = open();
    for await (const _ of loader.epoch(0)) break;
    for await (const _ of loader.epoch(1)) break;
    expect(await collect(loader, 2)).toEqual(await once({}, 2));
    await loader.close();
  });

  test.each([2, 3, 7])('shares every batch among %d processes', async (of) => {
    const whole = await once({});
    const shares = await Promise.all(
      Array.from({ length: of }, (_, rank) => once({ share: { rank, of } })),
    );
    for (const [number, batch] of whole.entries()) {
      const parts = shares.map((share) => share[number]);
      const bytes = parts.flatMap((part) => (part ? [part.pixels] : []));
      expect(parts.flatMap((part) => part?.indices ?? [])).toEqual(batch.indices);
      expect(Buffer.concat(bytes).equals(batch.pixels)).toBe(true);
      const sizes = parts.map((part) => part?.indices.length ?? 0);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  test('tells what is known of every image', async () => {
    const wanted = [paths[0] ?? '', join(folder, 'broken.png'), paths[2] ?? ''];
    const targets = (index: number) => (index === 2 ? undefined : `target ${index}`);
    const [batch] = await once({ paths: wanted, targets, shuffle: false });
    expect(batch?.targets).toEqual(['target 0', undefined]);
  });

  test('pads images of different sizes, and tells the size of each', async () => {
    const wanted = [paths[0] ?? '', join(folder, 'broken.png'), paths[21] ?? ''];
    const room = { height: 20, width: 24, transform: { kind: 'whole' } } as const;
    const [batch] = await once({ paths: wanted, ...room, shuffle: false });
    // 20 x 30 pixels become 13 x 20, 41 x 30 become 24 x 18.
    const sizes = [
      { width: 13, height: 20 },
      { width: 24, height: 18 },
    ];
    expect(batch).toMatchObject({ sizes, size: { width: 24, height: 20 } });
    for (const [place, size] of sizes.entries()) {
      const image = await decodeImage(wanted[2 * place] ?? '');
      const expected = resample(image, fit(image, room));
      for (let row = 0; row < 20; row++) {
        const line = batch?.pixels.subarray((place * 20 + row) * 72, (place * 20 + row + 1) * 72);
        const own = row < size.height ? size.width * 3 : 0;
        const found = expected.subarray(row * size.width * 3, row * size.width * 3 + own);
        expect(line).toEqual(Uint8Array.from({ length: 72 }, (_, i) => found[i] ?? 0));
      }
    }
  });

  test('draws one geometry, which takes whatever is known of an image along', async () => {
    const path = join(folder, 'marked.png');
    const [width, height] = [64, 48];
    const marked = { left: 24, top: 16, width: 16, height: 16 };
    const mark = { create: { ...marked, channels: 3, background: 'white' } } as const;
    await sharp({ create: { width, height, channels: 3, background: 'black' } })
      .composite([{ input: await sharp(mark).png().toBuffer(), left: 24, top: 16 }])
      .toFile(path);
    const transform = { ...training, area: [0.7, 1] } as const;
    const size = { width: 64, height: 48 };
    for (let epoch = 0; epoch < 8; epoch++) {
      const [batch] = await once({ paths: [path], transform, batchSize: 1, ...size }, epoch);
      const [geometry] = batch?.geometries ?? [];
      const corners = [
        { x: 24, y: 16 },
        { x: 40, y: 32 },
      ].map((corner) => geometry && movePoint(corner, geometry));
      const xs = corners.map((corner) => corner?.x ?? Number.NaN);
      const ys = corners.map((corner) => corner?.y ?? Number.NaN);
      for (let row = 0; row < size.height; row++) {
        for (let column = 0; column < size.width; column++) {
          const inside = (value: number, edges: readonly number[]) =>
            value > Math.min(...edges) && value < Math.max(...edges);
          const distance = (value: number, edges: readonly number[]) =>
            Math.min(...edges.map((edge) => Math.abs(value - edge)));
          const [x, y] = [column + 0.5, row + 0.5];
          // Bicubic resizing rings at edges.
          if (distance(x, xs) < 4 || distance(y, ys) < 4) continue;
          const level = batch?.pixels[(row * size.width + column) * 3];
          expect(level).toBe(inside(x, xs) && inside(y, ys) ? 255 : 0);
        }
      }
    }
  });

  test('serves one epoch at a time', async () => {
    const loader = open();
    const first = loader.epoch(0);
    await first.next();
    await expect(loader.epoch(1).next()).rejects.toThrow('one epoch at a time');
    await first.return();
    await loader.close();
  });

  test('needs a thread', () => {
    expect(() => open({ workers: 0 })).toThrow('at least one decoding thread');
  });

  test('fails when a thread dies, at once and ever after', async () => {
    const images: ImageSet = { ...fileSet(paths), locate: () => JSON.parse('{"kind": "tape"}') };
    const loader = open({ images });
    await expect(collect(loader, 0)).rejects.toThrow(
      /Expected the decoding thread to go on but it stopped: .*undefined/,
    );
    await expect(collect(loader, 0)).rejects.toThrow('Expected the decoding thread');
    await loader.close();
  });

  test('fails, and does not hang, when it is closed meanwhile', async () => {
    const loader = open();
    const batches = loader.epoch(0);
    await batches.next();
    await loader.close();
    await expect(async () => {
      while (!(await batches.next()).done);
    }).rejects.toThrow('it was closed');
  });
});
