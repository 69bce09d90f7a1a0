import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { RgbImage } from '../images/geometry/resize.js';
import type { LegendEntry } from './legend.js';
import { renderSheet } from './sheet.js';

function flat(width: number, height: number, colour: readonly [number, number, number]): RgbImage {
  return {
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3] as number),
  };
}

/** Counts the pixels of the sheet that have exactly this colour. */
async function count(png: Buffer, colour: readonly number[]): Promise<number> {
  const { data } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  let found = 0;
  for (let i = 0; i < data.length; i += 3) {
    if (colour.every((level, channel) => data[i + channel] === level)) found++;
  }
  return found;
}

describe('renderSheet', () => {
  const columns = ['masked', 'reconstructed'];

  test('enlarges small images by whole factors, without distortion', async () => {
    const rows = [[flat(64, 64, [255, 0, 0]), flat(64, 32, [0, 0, 255])]];
    const png = await renderSheet({ title: 'Epoch 3', columns, rows });
    expect(await count(png, [255, 0, 0])).toBe(128 * 128);
    expect(await count(png, [0, 0, 255])).toBe(256 * 128);
  });

  test('leaves large images as they are', async () => {
    const rows = [[flat(200, 150, [255, 0, 0]), flat(200, 150, [0, 0, 255])]];
    const png = await renderSheet({ title: 'Epoch 3', note: 'loss 0.41', columns, rows });
    expect(await count(png, [255, 0, 0])).toBe(200 * 150);
  });

  test('draws its text from its own font', async () => {
    const rows = [[flat(128, 128, [0, 0, 0]), flat(128, 128, [0, 0, 0])]];
    const paper = [0xfb, 0xfb, 0xf9];
    const blank = await count(await renderSheet({ title: '', columns: ['', ''], rows }), paper);
    const written = await count(
      await renderSheet({ title: 'Epoch 3 – 75 %', columns, rows }),
      paper,
    );
    expect(blank - written).toBeGreaterThan(500);
  });

  test('stays as wide as its pictures, with lines of the title and shorter captions', async () => {
    const rows = [[flat(128, 128, [0, 0, 0])]];
    const long = 'a caption that is much wider than the one column below it, by far';
    const narrow = await sharp(await renderSheet({ title: 'x', columns: [long], rows })).metadata();
    const high = await sharp(await renderSheet({ title: long, columns: ['x'], rows })).metadata();
    expect([narrow.width, high.width]).toEqual([128 + 48, 128 + 48]);
    expect(high.height - narrow.height).toBeGreaterThan(4 * 24 - 1);
  });

  test('keeps long notes within the width of the pictures', async () => {
    const rows = [[flat(128, 128, [0, 0, 0])]];
    const long = 'Predictions are relative: shown with the mean and deviation of the true unit.';
    const sizeOf = async (texts: { note?: string; footnote?: string }) => {
      const png = await renderSheet({ title: 'x', columns: ['y'], rows, ...texts });
      const { width, height } = await sharp(png).metadata();
      return { width, height };
    };
    const { height } = await sizeOf({});
    expect(await sizeOf({ note: 'short' })).toEqual({ width: 176, height: height + 20 });
    expect(await sizeOf({ note: long })).toEqual({ width: 176, height: height + 100 });
    expect(await sizeOf({ footnote: long })).toEqual({ width: 176, height: height + 100 });
  });

  test('draws a legend below the images, in as many lines as it needs', async () => {
    const rows = [[flat(128, 128, [0, 0, 0])]];
    const colour = [9, 200, 30] as const;
    const entry = { name: 'traffic light', colour };
    const sheet = (legend: readonly LegendEntry[]) =>
      renderSheet({ title: 'x', columns: ['y'], rows, legend });
    const [none, one, many] = await Promise.all([
      sheet([]),
      sheet([entry]),
      sheet([entry, entry, entry]),
    ]);
    expect(await count(none, colour)).toBe(0);
    expect(await count(one, colour)).toBeGreaterThan(11 * 11);
    const [height = 0, more = 0] = await Promise.all(
      [one, many].map(async (png) => (await sharp(png).metadata()).height),
    );
    expect(more).toBeGreaterThan(height + 30);
  });
});
