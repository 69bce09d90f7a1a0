import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../cli/testing/command-line.js';
import { encodeClassMap } from '../../images/masks/class-map-file.js';
import { ImageLoader } from '../loading/loader.js';
import { openSegmentedImages, openTrainingSegments } from './open-segmented-images.js';

const folder = temporaryFolder();
const rules = { classes: null, ignore: null, exif: 'upright' } as const;
const options = { workers: 1 };

/**
 * Puts an image whose grey is 20 times its class, lying on its side, with a mask that is upright.
 */
async function putPair(part: string, classes: readonly number[]): Promise<void> {
  for (const kind of ['images', 'masks']) mkdirSync(join(folder, kind, part), { recursive: true });
  const [width, height] = [6, classes.length];
  const data = Int32Array.from(
    { length: width * height },
    (_, i) => classes[Math.floor(i / width)] ?? 0,
  );
  const mask = encodeClassMap({ width, height, data }, Array(8).fill([0, 0, 0]));
  writeFileSync(join(folder, 'masks', part, 'a.png'), mask);
  // Turned clockwise by EXIF's 6, what is stored as columns is seen as rows.
  const stored = Uint8Array.from(
    { length: width * height },
    (_, i) => 20 * (classes[i % height] ?? 0),
  );
  const raw = { width: height, height: width, channels: 1 } as const;
  await sharp(stored, { raw })
    .withMetadata({ orientation: 6 })
    .png()
    .toFile(join(folder, 'images', part, 'a.png'));
}

beforeAll(async () => {
  await putPair('train', [0, 0, 1, 2]);
  await putPair('val', [0, 1, 1, 5]);
  writeFileSync(join(folder, 'classes.txt'), 'a\nb\nc\nd\ne\nf\n');
});

describe('openTrainingSegments', () => {
  test('tells classes that only val has, and those that none has', async () => {
    const paths = { train: folder, val: folder };
    const { classes, train, val, findings, ignore } = await openTrainingSegments(
      paths,
      rules,
      options,
    );
    expect(classes.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(train.pixels).toEqual([12, 6, 6, 0, 0, 0]);
    expect(val.pixels).toEqual([6, 12, 0, 0, 0, 6]);
    expect(ignore).toEqual([255]);
    expect(findings.slice(2)).toEqual([
      '6 classes, named by classes.txt: a 50.0 %, b 25.0 %, c 25.0 %, d 0.0 %, e 0.0 %, f 0.0 %, ignored 0.0 % of all pixels',
      'not in train, though in val: f',
      'in neither: d, e',
    ]);
  });

  test('gives complete rules, by which sets are the same again', async () => {
    const paths = { train: folder, val: folder };
    const first = await openTrainingSegments(paths, rules, options);
    const again = { classes: first.rules, ignore: first.ignore, exif: 'upright' } as const;
    const second = await openTrainingSegments(paths, again, options);
    expect(second.rules).toEqual(first.rules);
    expect(second.train.digest).toBe(first.train.digest);
    const others = {
      ...again,
      classes: first.rules.map((rule) => ({ ...rule, name: `${rule.name}2` })),
    };
    expect((await openTrainingSegments(paths, others, options)).train.digest).not.toBe(
      first.train.digest,
    );
    const val = await openSegmentedImages({ path: folder }, again, options);
    expect(val.digest).toBe(second.val.digest);
  });

  test('refuses one set for both where it has no parts', async () => {
    const alone = join(folder, 'images/train');
    const paths = { train: alone, val: alone };
    await expect(openTrainingSegments(paths, rules, options)).rejects.toThrow(
      'but got only `train`.',
    );
    const list = join(folder, 'both.txt');
    writeFileSync(list, 'images/train/a.png masks/train/a.png\n');
    await expect(openTrainingSegments({ train: list, val: list }, rules, options)).rejects.toThrow(
      /^Expected a part for training and one for validation in .*both\.txt but got images and masks without parts\./,
    );
  });
});

describe('a set', () => {
  test('is loaded upright, image and mask alike', async () => {
    const set = await openSegmentedImages({ path: folder }, rules, options);
    expect(set.largest).toEqual({ width: 6, height: 4 });
    const loader = new ImageLoader({
      images: set.images,
      pixelClasses: set.pixelClasses,
      ...set.largest,
      transform: { kind: 'original' },
      batchSize: 1,
      seed: 0,
      workers: 1,
    });
    for await (const { pixels, classMaps, size } of loader.epoch(0)) {
      expect(size).toEqual({ width: 6, height: 4 });
      const seen = [...(classMaps ?? [])].map((found) => 20 * found);
      expect([...pixels.filter((_, i) => i % 3 === 0)]).toEqual(seen);
    }
    await loader.close();
  });
});
