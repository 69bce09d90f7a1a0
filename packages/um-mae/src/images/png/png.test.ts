import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../random.js';
import { pngColour, readPng, writePng } from './png-file.js';
import { pngNumbers } from './png-numbers.js';

const largest = 1 << 24;
const random = seededRandom(3);
const noise = (length: number) => Uint8Array.from({ length }, () => random() * 256);

/** Decodes 8-bit pixels with sharp. */
const bySharp = async (file: Buffer) => new Uint8Array(await sharp(file).raw().toBuffer());

describe('readPng', () => {
  test.each([
    [1, false],
    [3, false],
    [4, false],
    [1, true],
    [3, true],
  ] as const)('reads %d channels as sharp does, interlaced: %s', async (channels, progressive) => {
    const raw = { width: 13, height: 11, channels };
    // Smooth enough for every filter to be chosen somewhere.
    const smooth = noise(13 * 11 * channels).map((level, i) => (level & 7) + ((i * 5) & 127));
    const options = { progressive, adaptiveFiltering: true };
    const file = await sharp(smooth, { raw }).png(options).toBuffer();
    expect(pngNumbers(readPng(file, largest))).toEqual(await bySharp(file));
  });

  test('reads 16 bits', async () => {
    const raw = { width: 5, height: 4, channels: 1 } as const;
    const values = Uint16Array.from({ length: 20 }, (_, i) => i * 3001);
    const file = await sharp(values, { raw }).toColourspace('grey16').png().toBuffer();
    expect(pngNumbers(readPng(file, largest))).toEqual(values);
  });

  test.each([1, 2, 4])('reads %d bits as the numbers that they are', (bits) => {
    const width = 9;
    const bytes = Math.ceil((width * bits) / 8);
    const rows = Uint8Array.from({ length: 3 * (bytes + 1) }, (_, i) =>
      i % (bytes + 1) === 0 ? 0 : 0b01_10_00_11,
    );
    const header = { width, height: 3, bits, colour: pngColour.grey };
    const file = writePng(header, { rows, palette: new Uint8Array() });
    const digits = '01100011'.repeat(bytes);
    const line = Array.from({ length: width }, (_, i) =>
      Number.parseInt(digits.slice(i * bits, (i + 1) * bits), 2),
    );
    expect([...pngNumbers(readPng(file, largest))]).toEqual([...line, ...line, ...line]);
  });

  test('refuses what is cut off, damaged, or larger than it may be', async () => {
    const raw = { width: 30, height: 30, channels: 3 } as const;
    const file = await sharp(noise(2700), { raw }).png().toBuffer();
    const reading =
      (bytes: Buffer, most = largest) =>
      () =>
        pngNumbers(readPng(bytes, most));
    for (const length of [20, 60, file.length - 5]) {
      expect(reading(file.subarray(0, length))).toThrow('truncated');
    }
    const damaged = Buffer.from(file);
    damaged.fill(0, 200, 300);
    expect(reading(damaged)).toThrow('damaged');
    expect(reading(file, 899)).toThrow('larger than 899 pixels');
    const header = { width: 4, height: 4, bits: 8, colour: pngColour.grey };
    const rows = new Uint8Array(1 << 20);
    const swollen = writePng(header, { rows, palette: new Uint8Array() });
    expect(reading(swollen)).toThrow('damaged');
    const deep = { ...header, bits: 16, colour: pngColour.rgba };
    const colours = writePng(deep, { rows: new Uint8Array(4 * 33), palette: new Uint8Array() });
    expect(reading(colours)).not.toThrow();
    expect(reading(colours, 16)).toThrow('larger than 64 bytes');
  });
});
