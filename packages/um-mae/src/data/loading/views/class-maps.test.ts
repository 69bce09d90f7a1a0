/** Images and the classes of their pixels, by one geometry. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ignoredClass } from '../../../images/masks/class-map.js';
import { encodeClassMap } from '../../../images/masks/class-map-file.js';
import { fileSet } from '../../sources/files.js';
import { ImageLoader } from '../loader.js';
import type { Transform } from './transform.js';

const count = 6;
let folder = '';
const image = (index: number) => join(folder, `${index}.png`);
const mask = (index: number) => join(folder, 'masks', `${index}.png`);

/** In 8 x 8 squares the grey of a pixel is 20 times its class. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'um-mae-class-maps-'));
  await mkdir(join(folder, 'masks'));
  for (let index = 0; index < count; index++) {
    const [width, height] = [64 + 8 * index, 48];
    const data = Int32Array.from({ length: width * height }, (_, at) => {
      const [row, column] = [Math.floor(at / width) >> 3, (at % width) >> 3];
      return (row * 5 + column * 3 + index) % 11;
    });
    const grey = Uint8Array.from(data, (found) => 20 * found);
    const raw = { width, height, channels: 1 } as const;
    await sharp(grey, { raw }).png().toFile(image(index));
    await writeFile(
      mask(index),
      encodeClassMap({ width, height, data }, Array(11).fill([0, 0, 0])),
    );
  }
});

afterAll(() => rm(folder, { recursive: true }));

const numbers = Array.from({ length: 11 }, (_, value): [number, number] => [value, value]);

function open(transform: Transform, { workers = 1, batchSize = 3, side = 40 } = {}) {
  return new ImageLoader({
    images: fileSet(Array.from({ length: count }, (_, index) => image(index))),
    pixelClasses: {
      locate: (index) => ({ kind: 'file', path: mask(index) }),
      table: new Map(numbers),
      upright: true,
    },
    height: side,
    width: side,
    transform,
    batchSize,
    seed: 5,
    workers,
  });
}

async function visit(loader: ImageLoader, epoch = 1) {
  const batches = [];
  for await (const { pixels, classMaps, size, sizes, skipped } of loader.epoch(epoch)) {
    expect(skipped).toEqual([]);
    batches.push({ pixels: pixels.slice(), classMaps: classMaps?.slice(), size, sizes });
  }
  await loader.close();
  return batches;
}

const scaledCrop = {
  kind: 'scaled-crop',
  scale: { long: 200, short: 48 },
  ratios: [1, 1],
  largestShare: 0.75,
  flip: 0.5,
  distortion: false,
  resampling: 'pillow',
} as const;

describe('ImageLoader with masks', () => {
  test('cuts and mirrors both alike', async () => {
    for (const { pixels, classMaps } of await visit(open(scaledCrop))) {
      expect(classMaps).toHaveLength(3 * 40 * 40);
      const seen = [...(classMaps ?? [])].map((found) => 20 * found);
      expect([...pixels.filter((_, i) => i % 3 === 0)]).toEqual(seen);
    }
  });

  test('draws scale, place, mirror and colours from seed, epoch and place alone', async () => {
    const varied = { ...scaledCrop, ratios: [0.5, 2], distortion: true } as const;
    const batches = await visit(open(varied));
    expect(await visit(open(varied, { workers: 3 }))).toEqual(batches);
    expect(await visit(open(varied), 2)).not.toEqual(batches);
  });

  test('pads what is smaller with the mean colour, and with pixels that are ignored', async () => {
    const small = { ...scaledCrop, ratios: [0.5, 0.5] } as const;
    for (const { pixels, classMaps, sizes, size } of await visit(open(small))) {
      expect(size).toEqual({ width: 40, height: 40 });
      for (const [place, { width, height }] of sizes.entries()) {
        expect(height).toBe(24);
        for (let row = 0; row < 40; row++) {
          for (let column = 0; column < 40; column++) {
            const at = (place * 40 + row) * 40 + column;
            const isInside = row < height && column < width;
            expect(classMaps?.[at] === ignoredClass).toBe(!isInside);
            if (!isInside)
              expect([...pixels.subarray(3 * at, 3 * at + 3)]).toEqual([124, 116, 104]);
          }
        }
      }
    }
  });

  test('shows originals as they are, each in its size', async () => {
    const loader = open({ kind: 'original' }, { batchSize: 1, side: 112 });
    const batches = await visit(loader);
    const widths = batches.map(({ size }) => size.width).sort((a, b) => a - b);
    expect(widths).toEqual([64, 72, 80, 88, 96, 104]);
    for (const { pixels, classMaps, size } of batches) {
      expect(pixels).toHaveLength(size.width * 48 * 3);
      const seen = [...(classMaps ?? [])].map((found) => 20 * found);
      expect([...pixels.filter((_, i) => i % 3 === 0)]).toEqual(seen);
    }
  });

  test('leaves out images whose mask is missing, of another size, or holds a value without class', async () => {
    await rm(mask(0));
    await sharp({ create: { width: 9, height: 9, channels: 3, background: 'black' } }).toFile(
      mask(1),
    );
    const odd = { width: 80, height: 48, data: new Int32Array(80 * 48).fill(12) };
    await writeFile(mask(2), encodeClassMap(odd, Array(13).fill([0, 0, 0])));
    const loader = open({ kind: 'original' }, { batchSize: count, side: 112 });
    for await (const { skipped, indices, classMaps, size } of loader.epoch(0)) {
      expect(indices).toHaveLength(3);
      expect(classMaps).toHaveLength(3 * 48 * size.width);
      expect(skipped.map(({ reason }) => reason).sort()).toEqual([
        'without its mask, which is missing',
        'without its mask, which is one with the value #000000, which has no class',
        'without its mask, which is one with the value 12, which has no class',
      ]);
    }
    await loader.close();
  });
});
