import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileSet } from '../sources/files.js';
import { openImages } from '../sources/open-images.js';
import { checkImages } from './check.js';
import { imageExtension, packImages } from './pack.js';

let folder = '';
const at = (name: string) => join(folder, name);

async function paint(name: string, width: number, height: number, background: string) {
  const image = sharp({ create: { width, height, channels: 3, background } });
  writeFileSync(at(name), await image.png().toBuffer());
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'um-mae-curation-'));
  mkdirSync(at('set'));
  await paint('set/black.png', 64, 64, '#000000');
  await paint('set/red.png', 200, 40, '#ff0000');
  await paint('set/red-again.png', 200, 40, '#ff0000');
  await paint('set/tiny.png', 10, 12, '#0000ff');
  await paint('set/cut.png', 300, 300, '#123456');
  truncateSync(at('set/cut.png'), 100);
  writeFileSync(at('set/text.jpg'), 'no image');
});
afterAll(() => rm(folder, { recursive: true }));

describe('checkImages', () => {
  const limits = { smallestSide: 32, largestAspect: 4 };

  test('finds what is wrong, and measures the channels', async () => {
    const { images } = await openImages([at('set')]);
    const progress: number[] = [];
    const report = await checkImages(images, {
      ...limits,
      workers: 2,
      onProgress: (done) => progress.push(done),
    });
    expect(progress).toEqual([6]);
    expect(report).toMatchObject({
      images: 6,
      unreadable: [
        { path: at('set/cut.png'), reason: expect.any(String) },
        { path: at('set/text.jpg'), reason: 'not an image of a known format' },
      ],
      tiny: [{ path: at('set/tiny.png'), width: 10, height: 12 }],
      elongated: ['set/red-again.png', 'set/red.png'].map((name) => ({
        path: at(name),
        width: 200,
        height: 40,
      })),
      duplicates: [[at('set/red-again.png'), at('set/red.png')]],
    });
    expect(report.channels?.mean).toEqual([0.5, 0, 0.25]);
    expect(report.channels?.std[0]).toBeCloseTo(0.5);
    expect(report.channels?.std[2]).toBeCloseTo(Math.sqrt(0.25 - 0.0625));
  });

  test('has no statistics without a readable image', async () => {
    const images = fileSet([at('set/text.jpg')]);
    const { channels } = await checkImages(images, { ...limits, workers: 1 });
    expect(channels).toBeNull();
  });

  test('keeps the order of the set for any number of threads', async () => {
    const paths = Array.from({ length: 70 }, (_, i) =>
      at(i % 2 ? 'set/text.jpg' : `gone-${i}.png`),
    );
    const check = (workers: number) => checkImages(fileSet(paths), { ...limits, workers });
    const report = await check(1);
    expect(report.unreadable.map(({ path }) => path)).toEqual(paths);
    expect(await check(3)).toEqual(report);
  });
});

describe('packImages', () => {
  test('writes the same shards every time, and leaves out what cannot be read', async () => {
    const paths = [at('set/red.png'), at('gone.png'), at('set/black.png'), at('set/text.jpg')];
    const opened = { images: fileSet(paths), labelOf: () => undefined, classes: [] };
    for (const name of ['one', 'two']) {
      const packed = await packImages(opened, { out: at(name), imagesPerShard: 2 });
      expect(packed).toMatchObject({
        shards: 2,
        images: 3,
        skipped: [{ path: at('gone.png'), reason: 'missing' }],
      });
    }
    const names = ['000000.tar', '000000.tar.index', '000001.tar', '000001.tar.index'];
    expect(readdirSync(at('one')).sort()).toEqual(names);
    for (const name of ['000000.tar', '000001.tar']) {
      expect(readFileSync(at(`one/${name}`)).equals(readFileSync(at(`two/${name}`)))).toBe(true);
    }
  });

  test('leaves a folder alone in which something is', async () => {
    const opened = await openImages([at('set')]);
    mkdirSync(at('mine'));
    writeFileSync(at('mine/notes.txt'), 'mine');
    const pack = (out: string) => packImages(opened, { out: at(out), imagesPerShard: 9 });
    await expect(pack('mine')).rejects.toThrow(
      `Expected an empty folder for the shards but got ${at('mine')}, which holds notes.txt.`,
    );
    await expect(pack('mine/notes.txt')).rejects.toThrow('but got: not a directory.');
    expect(readdirSync(at('mine'))).toEqual(['notes.txt']);
    mkdirSync(at('empty'));
    expect((await pack('empty')).images).toBe(6);
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  test('leaves nothing behind when it fails', async () => {
    const found = await openImages([at('set')]);
    const broken = { ...found.images, locate: () => JSON.parse('{"kind": "tape"}') };
    const opened = { ...found, images: broken };
    await expect(packImages(opened, { out: at('none'), imagesPerShard: 9 })).rejects.toThrow();
    expect(existsSync(at('none'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });
});

describe('imageExtension', () => {
  test.each(['png', 'jpeg', 'gif', 'webp', 'tiff', 'avif'] as const)('knows %s', async (format) => {
    const image = sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } });
    const extension = imageExtension(await image.toFormat(format).toBuffer());
    expect(extension).toBe(format === 'jpeg' ? 'jpg' : format);
  });
});
