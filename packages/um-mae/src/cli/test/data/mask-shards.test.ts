/** Images with masks that are packed into shards, and read from them as before. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPairedImages } from '../../../data/segmentation/open-paired-images.js';
import { ImageReader } from '../../../data/sources/read-image.js';
import { refusal, reported } from '../../testing/command-line.js';
import { check, colours, MaskSets, mask, put } from '../../testing/sets/mask-sets.js';

const sets = new MaskSets();

describe('um-mae data pack of images with masks', () => {
  test.each<[string, readonly Buffer[], string]>([
    ['numbers', [mask([0, 1, 2, 255]), mask([2, 7])], '0\tsky\t1,2,3\n1\troad\n2\tsky\n7\tvoid\n'],
    ['palettes', [mask([0, 1], [8, 6], Uint8Array.of(9, 8, 7, 1, 2, 3))], 'a\nb\n'],
  ])('gives shards by which %s are read as before', async (name, masks, classes) => {
    const bytes = Object.fromEntries(masks.map((content, i) => [`m${i}`, content]));
    const set = await sets.pairs(`pack-${name}`, bytes);
    put(join(set, 'classes.txt'), classes);
    const out = sets.at(`packed-${name}`);
    const packed = await reported('data', 'pack', set, '--out', out, '--shard-size', '1');
    const { length } = masks;
    expect(packed).toMatchObject({ images: 2 * length, shards: 2 * length, skipped: [] });
    const [before, after] = [
      await reported(...check(set)),
      await reported(...check(out, '--masks')),
    ];
    for (const key of ['classes', 'ignore']) expect(after.masks[key]).toEqual(before.masks[key]);
    const opened = await openPairedImages(out, { role: 'val' });
    const reader = new ImageReader();
    for (let i = 0; i < length; i++) {
      expect(Buffer.from(await reader.read(opened.maskOf(i)))).toEqual(masks[i]);
      const image = sets.at(`pack-${name}/images/val/m${i}.jpg`);
      const stored = Buffer.from(await reader.read(opened.images.locate(i)));
      expect(stored).toEqual(readFileSync(image));
    }
  });

  test('keeps colours, and refuses what training would refuse', async () => {
    const set = await sets.pairs('pack-colours', {
      a: await colours([
        [128, 64, 128],
        [0, 0, 0],
        [1, 2, 3],
      ]),
    });
    expect(await refusal('data', 'pack', set, '--out', sets.at('unpacked'))).toMatch(
      /^Expected the colours of classes for the masks of /,
    );
    expect(existsSync(sets.at('unpacked'))).toBe(false);
    const rules = ['--classes', 'road=#804080,sky=#010203', '--ignore', '#000000'];
    await reported('data', 'pack', set, '--out', sets.at('packed-colours'), ...rules);
    const before = await reported(...check(set, ...rules));
    const { masks } = await reported(...check(sets.at('packed-colours'), '--masks'));
    expect(masks.classes).toEqual(before.masks.classes);
    expect(masks.parts[0].ignoredShare).toBeCloseTo(1 / 3);
  });
});
