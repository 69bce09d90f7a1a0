import { describe, expect, test } from 'vitest';
import { UnreadableImage } from '../unreadable-image.js';
import { decodeBmp } from './bmp.js';

const limit = { maxPixels: 1000 };

interface BmpOptions {
  bits: number;
  /** Negative for top-down. */
  height: number;
  width?: number;
  compression?: number;
  /** Blue, green, red, unused. */
  palette?: number[][];
  masks?: number[];
  pixels: number[];
}

/** A BITMAPINFOHEADER file around the given pixel bytes. */
function bmp({
  bits,
  height,
  width = 3,
  compression = 0,
  palette = [],
  masks = [],
  pixels,
}: BmpOptions) {
  const header = Buffer.alloc(54);
  header.write('BM', 'latin1');
  header.writeUInt32LE(54 + masks.length * 4 + palette.length * 4, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  const maskBytes = Buffer.from(new Uint32Array(masks).buffer);
  return Buffer.concat([header, maskBytes, Buffer.from(palette.flat()), Buffer.from(pixels)]);
}

const black = [0, 0, 0];
const white = [255, 255, 255];
const red = [255, 0, 0];
const blue = [0, 0, 255];
const palette = [
  [0, 0, 0, 0],
  [255, 255, 255, 0],
  [0, 0, 255, 0],
  [255, 0, 0, 0],
];
/** The picture, 3 x 2, that every file below encodes. */
const picture = [red, white, black, white, blue, red].flat();

const files: Record<string, BmpOptions> = {
  '4 bits': { bits: 4, height: 2, palette, pixels: [0x13, 0x20, 0, 0, 0x21, 0x00, 0, 0] },
  '4 bits, top-down': {
    bits: 4,
    height: -2,
    palette,
    pixels: [0x21, 0x00, 0, 0, 0x13, 0x20, 0, 0],
  },
  '8 bits': { bits: 8, height: 2, palette, pixels: [1, 3, 2, 0, 2, 1, 0, 0] },
  '8 bits, runs': {
    bits: 8,
    height: 2,
    compression: 1,
    palette,
    // Copied indices, a run, end of line; a run, a jump over the last place, end.
    pixels: [0, 3, 1, 3, 2, 0, 0, 0, 1, 2, 1, 1, 0, 2, 1, 0, 0, 1],
  },
  '4 bits, runs': {
    bits: 4,
    height: 2,
    compression: 2,
    palette,
    pixels: [0, 3, 0x13, 0x20, 0, 0, 2, 0x21, 0, 1],
  },
  '16 bits': {
    bits: 16,
    height: 2,
    pixels: [0xff, 0x7f, 0x1f, 0, 0, 0x7c, 0, 0, 0, 0x7c, 0xff, 0x7f, 0, 0, 0, 0],
  },
  '16 bits, fields of 5, 6 and 5': {
    bits: 16,
    height: 2,
    compression: 3,
    masks: [0xf800, 0x07e0, 0x001f],
    pixels: [0xff, 0xff, 0x1f, 0, 0, 0xf8, 0, 0, 0, 0xf8, 0xff, 0xff, 0, 0, 0, 0],
  },
  '24 bits': {
    bits: 24,
    height: 2,
    pixels: [white, red, blue, [0, 0, 0], blue, white, black, [0, 0, 0]].flat(),
  },
  '32 bits': {
    bits: 32,
    height: -2,
    pixels: [blue, [0], white, [9], black, [0], white, [0], red, [255], blue, [0]].flat(),
  },
};

describe('decodeBmp', () => {
  test.each(Object.keys(files))('reads %s', (name) => {
    const options = files[name] as BmpOptions;
    const { width, height, data } = decodeBmp(bmp(options), limit);
    expect([width, height]).toEqual([3, 2]);
    expect([...data]).toEqual(picture);
  });

  test('reads 1 bit', () => {
    const options = {
      bits: 1,
      height: 1,
      width: 10,
      palette: palette.slice(0, 2),
      pixels: [0xa5, 0x40, 0, 0],
    };
    const { data } = decodeBmp(bmp(options), limit);
    const bits = Array.from({ length: 10 }, (_, i) => (data[i * 3] === 255 ? 1 : 0));
    expect(bits).toEqual([1, 0, 1, 0, 0, 1, 0, 1, 0, 1]);
  });

  test('reads the header of OS/2', () => {
    const header = Buffer.alloc(26);
    header.write('BM', 'latin1');
    header.writeUInt32LE(26, 10);
    header.writeUInt32LE(12, 14);
    header.writeUInt16LE(1, 18);
    header.writeUInt16LE(1, 20);
    header.writeUInt16LE(24, 24);
    expect([...decodeBmp(Buffer.concat([header, Buffer.from([1, 2, 3, 0])]), limit).data]).toEqual([
      3, 2, 1,
    ]);
  });

  test.each(Object.keys(files))('finds truncated %s', (name) => {
    const bytes = bmp(files[name] as BmpOptions);
    for (const length of [3, 20, 50, bytes.length - 5]) {
      expect(() => decodeBmp(bytes.subarray(0, length), limit)).toThrow(UnreadableImage);
    }
  });

  test('refuses what is too large or of a rare kind', () => {
    const reject = (options: Partial<BmpOptions>) =>
      expect(() => decodeBmp(bmp({ bits: 24, height: 2, pixels: [], ...options }), limit));
    reject({ width: 60_000, height: 60_000 }).toThrow('larger than 1000 pixels');
    reject({ width: 0 }).toThrow('0 x 2 pixels');
    reject({ compression: 4 }).toThrow('unsupported compression (4)');
    reject({ bits: 5 }).toThrow('a bitmap of 5 bits');
  });
});
