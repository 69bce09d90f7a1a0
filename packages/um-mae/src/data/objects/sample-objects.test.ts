/** Images, boxes and masks by one geometry, as batches have them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../cli/testing/command-line.js';
import { type ClassMap, ignoredClass } from '../../images/masks/class-map.js';
import { encodeClassMap } from '../../images/masks/class-map-file.js';
import { ImageLoader } from '../loading/loader.js';
import type { Transform } from '../loading/views/transform.js';
import { type DetectedImages, orientationOf } from './detected-images.js';
import { openTrainingObjects } from './open-detected-images.js';
import { type DrawnImage, greyOf, putPart } from './testing/drawn-set.js';

const folder = temporaryFolder();
const classes = ['square', 'plate'];
let train: DetectedImages;

function drawn(place: number): DrawnImage {
  const wide = place % 3 !== 0;
  const [width, height] = wide ? [96 + place, 64] : [64, 96 + place];
  const objects = [
    { label: 0, box: [4 + place, 6, 20, 20] as const },
    { label: 1, box: [34, 30, 24, 30] as const },
  ];
  return { width, height, objects: place === 4 ? [] : objects };
}

/** Class 3 around objects, and those of the objects. */
function mapOf({ width, height, objects }: DrawnImage): ClassMap {
  const data = new Int32Array(width * height).fill(3);
  for (const { label, box } of objects) {
    const [left, top, across, down] = box;
    for (let y = top; y < top + down; y++) {
      data.fill(label, y * width + left, y * width + left + across);
    }
  }
  return { width, height, data };
}

beforeAll(async () => {
  const images = Array.from({ length: 8 }, (_, place) => drawn(place));
  await putPart(folder, 'train', { images, classes });
  await putPart(folder, 'val', { images: images.slice(0, 2), classes });
  mkdirSync(join(folder, 'stuffthingmaps/train'), { recursive: true });
  for (const [place, image] of images.entries()) {
    const path = join(folder, `stuffthingmaps/train/${place}.png`);
    writeFileSync(path, encodeClassMap(mapOf(image), Array(4).fill([0, 0, 0])));
  }
  const stuff = { classes: 4, folder: undefined };
  const rules = { classes: null, needsOutlines: true, stuff };
  ({ train } = await openTrainingObjects({ train: folder, val: folder }, rules));
});

const part = { short: [48, 64], sides: [40, 60] as const };
const flip = 0.5;
const transforms: Transform[] = (['pillow', 'opencv'] as const).flatMap((resampling) => [
  { kind: 'jittered', ratios: [0.5, 2], flip, resampling },
  { kind: 'multi-scale', long: 120, short: [60, 80], flip, resampling, crop: part },
  { kind: 'multi-scale', long: 120, short: { from: 50, to: 90 }, flip, resampling },
  { kind: 'scaled', scale: { long: 120, short: 70 }, resampling },
]);
const boosted: Transform[] = transforms.slice(0, 2).map((transform) => {
  return { ...transform, instaBoost: { probability: 1, colours: 0 } };
});

function load(transform: Transform, { workers = 1, batchSize = 2, sideMultiple = 32 } = {}) {
  return new ImageLoader({
    images: train.images,
    targets: train.targets,
    pixelClasses: train.stuff,
    objects: { of: train.targets, wanted: { masks: true } },
    groupOf: orientationOf(train),
    width: 120,
    height: 120,
    sideMultiple,
    transform,
    batchSize,
    seed: 3,
    workers,
  });
}

describe('batches with objects', () => {
  test.each([...transforms, ...boosted])(
    'show what boxes and masks cover: $kind, $resampling, $instaBoost',
    async (transform) => {
      const loader = load(transform);
      // OpenCV's rule for masks moves them by up to a pixel, which a second step may double.
      const shift = 'resampling' in transform && transform.resampling === 'opencv' ? 3 : 1.01;
      let objects = 0;
      for (const epoch of [0, 1]) {
        for await (const batch of loader.epoch(epoch)) {
          expect(batch.size.width % 32).toBe(0);
          expect(batch.objects).toHaveLength(batch.indices.length);
          for (const [place, { boxes, labels, masks }] of batch.objects.entries()) {
            objects += labels.length;
            expect(boxes).toHaveLength(4 * labels.length);
            expect(masks).toHaveLength(labels.length);
            for (const [i, label] of labels.entries()) {
              const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(4 * i);
              const mask = masks?.[i];
              if (!mask || right - left < 8 || bottom - top < 8) continue;
              expect(Math.abs(mask.left - left)).toBeLessThanOrEqual(shift);
              expect(Math.abs(mask.top + mask.height - bottom)).toBeLessThanOrEqual(shift);
              const share = mask.pixels.filter((pixel) => pixel === 1).length / mask.pixels.length;
              // Moved objects are turned by a degree.
              expect(share).toBeGreaterThan('instaBoost' in transform ? 0.9 : 0.999);
              // Away from the edges, which resizing blurs.
              const [x, y] = [Math.floor((left + right) / 2), Math.floor((top + bottom) / 2)];
              const start = ((place * batch.size.height + y) * batch.size.width + x) * 3;
              expect(Math.abs((batch.pixels[start] ?? 0) - greyOf(label))).toBeLessThanOrEqual(2);
            }
          }
        }
      }
      expect(objects).toBeGreaterThan(10);
      await loader.close();
    },
  );

  test.each([...transforms, ...boosted])(
    'have maps of stuff that agree with masks: $kind, $resampling, $instaBoost',
    async (transform) => {
      const loader = load(transform);
      let behind = 0;
      for await (const { objects, classMaps, size, sizes } of loader.epoch(0)) {
        const { width, height } = size;
        for (const [place, { labels, masks = [] }] of objects.entries()) {
          const seen = new Int32Array(width * height).fill(ignoredClass);
          const own = sizes[place] ?? { width: 0, height: 0 };
          for (let row = 0; row < own.height; row++) {
            seen.fill(3, row * width, row * width + own.width);
          }
          for (const [i, mask] of masks.entries()) {
            for (const [at, pixel] of mask.pixels.entries()) {
              const row = mask.top + Math.floor(at / mask.width);
              const column = mask.left + (at % mask.width);
              if (pixel === 1) seen[row * width + column] = labels[i] ?? Number.NaN;
            }
          }
          const map = classMaps?.subarray(place * seen.length, (place + 1) * seen.length);
          // What is filled behind an object that moved is no class.
          const differing = seen.filter((label, at) => map?.[at] !== label);
          const filled = seen.filter((label, at) => label === 3 && map?.[at] === ignoredClass);
          expect(differing).toHaveLength(filled.length);
          behind += filled.length;
        }
      }
      expect(behind > 0).toBe('instaBoost' in transform);
      await loader.close();
    },
  );

  test('are the same whatever the number of threads, and padded with the mean colour', async () => {
    const transform = {
      ...boosted[1],
      instaBoost: { probability: 0.5, colours: 0.5 },
    } as Transform;
    const [one, three] = [load(transform), load(transform, { workers: 3 })];
    const others = three.epoch(2);
    for await (const { pixels, objects, size, sizes } of one.epoch(2)) {
      const other = (await others.next()).value;
      expect(other?.pixels).toEqual(pixels);
      expect(other?.objects).toEqual(objects);
      const [first] = sizes;
      if (!first || first.width === size.width) continue;
      const corner = (size.width - 1) * 3;
      expect([...pixels.subarray(corner, corner + 3)]).toEqual([124, 116, 104]);
    }
    await Promise.all([one.close(), three.close()]);
  });

  test('hold images of one orientation as far as these last, all of them once', async () => {
    const loader = load({ kind: 'scaled', scale: { long: 100, short: 100 }, resampling: 'pillow' });
    const seen: number[] = [];
    let mixed = 0;
    for await (const { indices } of loader.epoch(5)) {
      seen.push(...indices);
      if (new Set(indices.map(orientationOf(train))).size > 1) mixed++;
    }
    expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(mixed).toBeLessThanOrEqual(1);
    await loader.close();
  });
});
