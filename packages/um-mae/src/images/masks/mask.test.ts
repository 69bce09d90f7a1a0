import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeBytes } from '../decode.js';
import { pngColour, writePng } from '../png/png-file.js';
import { ignoredClass } from './class-map.js';
import { type Colour, encodeClassMap } from './class-map-file.js';
import { colourValue, decodeMask } from './mask.js';

const palette = Uint8Array.of(0, 0, 0, 128, 0, 0, 0, 128, 0);

function indexPng(values: readonly number[], width: number): Buffer {
  const rows = values.flatMap((value, i) => (i % width === 0 ? [0, value] : [value]));
  const header = { width, height: values.length / width, bits: 8, colour: pngColour.index };
  return writePng(header, { rows: Uint8Array.from(rows), palette });
}

/** Puts EXIF data that tell an orientation into a PNG file. */
async function turned(file: Buffer, orientation: number): Promise<Buffer> {
  return sharp(file, { failOn: 'none' }).withMetadata({ orientation }).png().toBuffer();
}

describe('decodeMask', () => {
  test('gives the indices of a palette, whatever their colours', async () => {
    const mask = await decodeMask(indexPng([0, 1, 2, 2, 1, 0], 3));
    expect(mask).toMatchObject({ width: 3, height: 2, kind: 'index' });
    expect([...mask.values]).toEqual([0, 1, 2, 2, 1, 0]);
    expect([...mask.palette]).toEqual([...palette]);
  });

  test('joins colours, and leaves their alpha out', async () => {
    const raw = { width: 2, height: 1, channels: 4 } as const;
    const pixels = Uint8Array.of(128, 64, 32, 0, 1, 2, 3, 255);
    const file = await sharp(pixels, { raw }).png().toBuffer();
    const { kind, values } = await decodeMask(file);
    expect(kind).toBe('colour');
    expect([...values]).toEqual([colourValue(0x804020), colourValue(0x010203)]);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'turns as images are turned, orientation %d',
    async (turn) => {
      const raw = { width: 3, height: 2, channels: 1 } as const;
      const plain = await sharp(Uint8Array.of(10, 20, 30, 40, 50, 60), { raw })
        .png()
        .toBuffer();
      const file = await turned(plain, turn);
      const image = await decodeBytes(file);
      const mask = await decodeMask(file);
      expect([mask.width, mask.height]).toEqual([image.width, image.height]);
      const grey = (value: number) => value & 255;
      expect([...mask.values].map(grey)).toEqual([...image.data.filter((_, i) => i % 3 === 0)]);
      const still = await decodeMask(file, { upright: false });
      expect([...still.values].map(grey)).toEqual([10, 20, 30, 40, 50, 60]);
    },
  );

  test('reads TIFF of 16 bits, and refuses JPEG and drawings under any name', async () => {
    const raw = { width: 2, height: 1, channels: 1 } as const;
    const deep = sharp(Uint16Array.of(700, 3), { raw }).toColourspace('grey16');
    const mask = await decodeMask(await deep.tiff({ compression: 'lzw' }).toBuffer());
    expect(mask.kind).toBe('grey-16');
    expect([...mask.values]).toEqual([700, 3]);
    const jpeg = await sharp(Uint8Array.of(1, 2), { raw }).jpeg().toBuffer();
    const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>';
    await expect(decodeMask(Buffer.from(drawing))).rejects.toThrow('an SVG drawing');
    await expect(decodeMask(jpeg)).rejects.toThrow(
      'a JPEG file, which changes the values of masks',
    );
  });
});

describe('encodeClassMap', () => {
  const map = { width: 3, height: 2, data: Int32Array.of(0, 1, 2, ignoredClass, 1, 0) };

  test('writes indices that are read again, in colours that other programs show', async () => {
    const colours: Colour[] = [
      [255, 0, 0],
      [0, 255, 0],
      [1, 2, 3],
    ];
    const file = encodeClassMap(map, colours);
    expect([...(await decodeMask(file)).values]).toEqual([0, 1, 2, 255, 1, 0]);
    const { data } = await decodeBytes(file);
    const shown = map.data.map((found) => (found === ignoredClass ? 255 : found));
    const expected = [...shown].flatMap((found) => colours[found] ?? [255, 255, 255]);
    expect([...data]).toEqual(expected);
  });

  test('takes 16 bits for more than 255 classes', async () => {
    const many = Array.from({ length: 300 }, (): Colour => [0, 0, 0]);
    const data = Int32Array.of(0, 299, 255, ignoredClass, 1, 0);
    const { kind, values } = await decodeMask(encodeClassMap({ ...map, data }, many));
    expect(kind).toBe('grey-16');
    expect([...values]).toEqual([0, 299, 255, 65_535, 1, 0]);
  });
});
