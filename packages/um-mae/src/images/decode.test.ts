import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeImage } from './decode.js';
import { UnreadableImage } from './unreadable-image.js';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'um-mae-decode-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function decode(bytes: Uint8Array) {
  const path = join(folder, 'image.jpg');
  await writeFile(path, bytes);
  return decodeImage(path);
}

async function reasonOf(bytes: Uint8Array): Promise<string> {
  const error = await decode(bytes).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UnreadableImage);
  return (error as UnreadableImage).reason;
}

const u16 = (...values: readonly number[]) => Buffer.from(new Uint16Array(values).buffer);
const u32 = (...values: readonly number[]) => Buffer.from(new Uint32Array(values).buffer);
const latin = (text: string) => Buffer.from(text, 'latin1');

const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>';

/** Files that would take gigabytes, run on, or be drawn. */
const hostile: readonly { what: string; bytes: Buffer; reason: RegExp }[] = [
  {
    what: 'a frame far outside of its film',
    bytes: Buffer.concat([
      ...[latin('GIF89a'), u16(2, 2), latin('\x80\0\0'), Buffer.alloc(6), latin(',')],
      ...[u16(60_000, 60_000, 65_535, 65_535), latin('\0\x02\x02D\x01\0;')],
    ]),
    reason: /^larger than 178956970 pixels$/,
  },
  {
    what: 'a film on a canvas of 2 to the power of 48',
    bytes: Buffer.concat([
      ...[latin('RIFF'), u32(22 + 14), latin('WEBPVP8X'), u32(10), latin('\x02\0\0\0')],
      ...[Buffer.alloc(6, 255), latin('ANIM'), u32(6), Buffer.alloc(6)],
    ]),
    reason: /^damaged or truncated/,
  },
  {
    what: 'a header of 65,535 x 65,535 without pixels',
    bytes: latin(
      '\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xd9',
    ),
    reason: /^damaged or truncated/,
  },
  {
    what: 'a bitmap of negative sides',
    bytes: Buffer.concat([
      ...[latin('BM'), u32(100, 0, 54, 40), u32(2 ** 32 - 5, 2 ** 31), u16(1, 24)],
      Buffer.alloc(80),
    ]),
    reason: /^-5 x 2147483648 pixels$/,
  },
  {
    what: 'a directory that leads to itself',
    bytes: Buffer.concat([latin('II*\0'), u32(8), u16(1, 256, 4), u32(1, 10, 8)]),
    reason: /^not an image of a known format$/,
  },
  {
    what: 'a drawing with entities in entities',
    bytes: latin(`<!DOCTYPE s [<!ENTITY a "&a;&a;">]>${drawing}`),
    reason: /^an SVG drawing/,
  },
  {
    what: 'a drawing behind an instruction',
    bytes: latin(`<?pi x?>${drawing}`),
    reason: /^an SVG drawing/,
  },
];

/** 24 x 16, the left half orange and the right half dark blue. */
function picture(): Sharp {
  const data = Buffer.alloc(24 * 16 * 3);
  for (let pixel = 0; pixel < 24 * 16; pixel++) {
    data.set(pixel % 24 < 12 ? [230, 120, 40] : [20, 40, 90], pixel * 3);
  }
  return sharp(data, { raw: { width: 24, height: 16, channels: 3 } });
}

function flat(background: { r: number; g: number; b: number; alpha: number }): Sharp {
  return sharp({ create: { width: 6, height: 4, channels: 4, background } });
}

/** A CMYK photograph of one colour, as an uncompressed TIFF. */
function cmykTiff(ink: readonly [number, number, number, number]): Buffer {
  const tags = [
    [256, 1],
    [257, 1],
    [258, 8],
    [259, 1],
    [262, 5],
    [273, 8],
    [277, 4],
    [278, 1],
    [279, 4],
  ] as const;
  const file = Buffer.alloc(12 + 2 + tags.length * 12 + 4);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(12, 4);
  file.set(ink, 8);
  file.writeUInt16LE(tags.length, 12);
  tags.forEach(([tag, value], i) => {
    file.writeUInt16LE(tag, 14 + i * 12);
    file.writeUInt16LE(3, 16 + i * 12);
    file.writeUInt32LE(1, 18 + i * 12);
    file.writeUInt16LE(value, 22 + i * 12);
  });
  return file;
}

const encodings: Record<string, (image: Sharp) => Sharp> = {
  jpeg: (image) => image.jpeg({ quality: 95 }),
  'progressive jpeg': (image) => image.jpeg({ quality: 95, progressive: true }),
  png: (image) => image.png(),
  'interlaced png': (image) => image.png({ progressive: true }),
  'palette png': (image) => image.png({ palette: true }),
  webp: (image) => image.webp({ quality: 95 }),
  'lossless webp': (image) => image.webp({ lossless: true }),
  avif: (image) => image.avif({ quality: 90, effort: 0 }),
  tiff: (image) => image.tiff({ compression: 'lzw' }),
  gif: (image) => image.gif(),
};

function expectNear(actual: Uint8Array, expected: readonly number[], tolerance: number) {
  expected.forEach((level, i) => {
    expect(Math.abs((actual[i] as number) - level)).toBeLessThanOrEqual(tolerance);
  });
}

describe('decodeImage', () => {
  test.each(Object.entries(encodings))('reads %s', async (_, encode) => {
    const { width, height, data } = await decode(await encode(picture()).toBuffer());
    expect([width, height, data.length]).toEqual([24, 16, 24 * 16 * 3]);
    expectNear(data, [230, 120, 40], 9);
    expectNear(data.subarray(-3), [20, 40, 90], 9);
  });

  test.each(Object.entries(encodings))('finds a truncated %s', async (_, encode) => {
    // Noise, so that the file is large enough to lose pixels at its end.
    const noise = picture()
      .resize(96, 96)
      .convolve({ width: 3, height: 3, kernel: [9, -7, 3, 5, -8, 2, -3, 6, -6] });
    const bytes = await encode(noise).toBuffer();
    for (const share of [0.2, 0.5, 0.9]) {
      expect(await reasonOf(bytes.subarray(0, bytes.length * share))).toMatch(
        /truncated|not an image/,
      );
    }
  });

  test('keeps photos whose decoders merely warn', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const clean = await decode(jpeg);
    const junk = Buffer.from('trailing junk');
    expect(await decode(Buffer.concat([jpeg, junk]))).toEqual(clean);
    const odd = Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(3), jpeg.subarray(2)]);
    expect(await decode(odd)).toEqual(clean);
  });

  test('repeats grey in three channels', async () => {
    const grey = picture().greyscale();
    for (const bytes of [
      await grey.clone().jpeg().toBuffer(),
      await grey.clone().png().toBuffer(),
    ]) {
      const { data } = await decode(bytes);
      expect(data.length).toBe(24 * 16 * 3);
      expect(data[1]).toBe(data[0]);
      expect(data[2]).toBe(data[0]);
    }
  });

  test('reduces 16 bits to 8', async () => {
    const colour = await picture().toColourspace('rgb16').png().toBuffer();
    expect((await sharp(colour).metadata()).depth).toBe('ushort');
    expectNear((await decode(colour)).data, [230, 120, 40], 1);
    const grey = await sharp({
      create: { width: 4, height: 4, channels: 3, background: '#646464' },
    })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expectNear((await decode(grey)).data, [100, 100, 100], 1);
  });

  test('turns CMYK into the colours of print', async () => {
    expectNear((await decode(cmykTiff([0, 0, 0, 0]))).data, [255, 255, 255], 1);
    expectNear((await decode(cmykTiff([255, 0, 0, 0]))).data, [0, 153, 227], 12);
    expectNear((await decode(cmykTiff([0, 255, 255, 0]))).data, [232, 0, 0], 40);
    const jpeg = await picture().toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp(jpeg).metadata()).space).toBe('cmyk');
    expect((await decode(jpeg)).data.length).toBe(24 * 16 * 3);
  });

  test('lays transparency over white', async () => {
    const half = await flat({ r: 200, g: 0, b: 0, alpha: 0.5 }).png().toBuffer();
    expectNear((await decode(half)).data, [227, 127, 127], 2);
    const hidden = flat({ r: 10, g: 20, b: 30, alpha: 0 });
    for (const bytes of [
      await hidden.clone().webp().toBuffer(),
      await hidden.clone().gif().toBuffer(),
    ]) {
      expect(new Set((await decode(bytes)).data)).toEqual(new Set([255]));
    }
    const grey = await flat({ r: 0, g: 0, b: 0, alpha: 0 }).toColourspace('b-w').png().toBuffer();
    expect(new Set((await decode(grey)).data)).toEqual(new Set([255]));
  });

  test('turns the image upright', async () => {
    const turned = await picture()
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 95 })
      .toBuffer();
    const { width, height, data } = await decode(turned);
    expect([width, height]).toEqual([16, 24]);
    // A quarter turn clockwise: what was left is on top.
    expectNear(data.subarray(0, 48), Array(16).fill([230, 120, 40]).flat(), 9);
    expectNear(data.subarray(-48), Array(16).fill([20, 40, 90]).flat(), 9);
  });

  test('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(10 * 10 * 3, 255), Buffer.alloc(10 * 10 * 3, 0)]);
    const film = () =>
      sharp(frames, { raw: { width: 10, height: 20, channels: 3, pageHeight: 10 } });
    for (const bytes of [await film().gif().toBuffer(), await film().webp().toBuffer()]) {
      expect((await sharp(bytes).metadata()).pages).toBe(2);
      const { height, data } = await decode(bytes);
      expect(height).toBe(10);
      expect(new Set(data)).toEqual(new Set([255]));
    }
  });

  test('keeps the levels of a file with a colour profile', async () => {
    const plain = await decode(await picture().png().toBuffer());
    const wide = await picture().png().withIccProfile('p3', { attach: true }).toBuffer();
    const levels = await sharp(wide, { ignoreIcc: true }).raw().toBuffer();
    expect((await sharp(wide).metadata()).hasProfile).toBe(true);
    expect(Buffer.from((await decode(wide)).data)).toEqual(levels);
    expect(levels).not.toEqual(Buffer.from(plain.data));
  });

  test('says why a file is unreadable', async () => {
    expect(await reasonOf(Buffer.alloc(0))).toBe('empty (zero bytes)');
    expect(await reasonOf(Buffer.from('a shopping list'))).toBe('not an image of a known format');
    expect(await reasonOf(Buffer.from('BM'))).toBe('truncated');
    const giant = await picture().png().toBuffer();
    giant.writeUInt32BE(60_000, 16);
    giant.writeUInt32BE(60_000, 20);
    expect(await reasonOf(giant)).toBe('larger than 178956970 pixels');
    const damaged = await picture().png().toBuffer();
    const middle = damaged.indexOf('IDAT') + 12;
    damaged[middle] = (damaged[middle] as number) ^ 255;
    expect(await reasonOf(damaged)).toMatch(/^damaged or truncated \(.+\)$/);
    await expect(decodeImage(join(folder, 'gone.jpg'))).rejects.toThrow('one that is missing');
    await expect(decodeImage(folder)).rejects.toThrow('one that is a folder');
  });

  test.each(hostile)('refuses $what before it makes room', async ({ bytes, reason }) => {
    expect(await reasonOf(bytes)).toMatch(reason);
  });
});
