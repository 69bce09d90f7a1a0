/**
 * Windows bitmaps, which sharp does not read: 1, 4, 8, 16, 24 and 32 bits, palettes, bit fields,
 * run lengths of 4 and 8 bits, bottom-up and top-down. The fourth channel is ignored: programs fill
 * it with anything.
 *
 * Source: Microsoft, "Bitmap Storage" (BITMAPCOREHEADER to BITMAPV5HEADER). The decoders on npm
 * that were tried lack palettes and run lengths, or stop after the first row of 4-bit images of odd
 * width.
 */

import type { RgbImage } from '../geometry/resize.js';
import { UnreadableImage } from '../unreadable-image.js';

interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly bottomUp: boolean;
  readonly bits: number;
  readonly compression: number;
  /** The offset of the pixels in the file. */
  readonly pixels: number;
  /** The offset of the palette in the file, and the bytes of one entry. */
  readonly palette: number;
  readonly paletteEntry: number;
  /** Bit masks of red, green and blue (16 and 32 bits only). */
  readonly masks: readonly [number, number, number];
}

const uncompressed = 0;
/** Run lengths of 8 and of 4 bits. */
const [runs8, runs4] = [1, 2];
/** Masks say which bits are which colour. */
const bitFields = [3, 6];

export function isBmp(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 2) === 'BM';
}

/**
 * Throws `UnreadableImage` for a file that is truncated, larger than `maxPixels` or of a rare kind.
 */
export function decodeBmp(bytes: Buffer, { maxPixels }: { maxPixels: number }): RgbImage {
  try {
    const header = readHeader(bytes);
    const { width, height, bits, compression } = header;
    if (width <= 0 || height <= 0) throw new UnreadableImage(`${width} x ${height} pixels`);
    if (width * height > maxPixels) throw new UnreadableImage(`larger than ${maxPixels} pixels`);
    if ((compression === runs8 && bits === 8) || (compression === runs4 && bits === 4)) {
      return paint(header, bytes, readRuns(header, bytes));
    }
    if (compression !== uncompressed && !bitFields.includes(compression)) {
      throw new UnreadableImage(`a bitmap of an unsupported compression (${compression})`);
    }
    if (bits <= 8) return paint(header, bytes, readIndices(header, bytes));
    return readColours(header, bytes);
  } catch (error) {
    // Every read beyond the end of the file lands here.
    if (error instanceof RangeError) throw new UnreadableImage('truncated', { cause: error });
    throw error;
  }
}

function readHeader(bytes: Buffer): BmpHeader {
  const pixels = bytes.readUInt32LE(10);
  const size = bytes.readUInt32LE(14);
  if (size === 12) {
    const bits = bytes.readUInt16LE(24);
    const [width, height] = [bytes.readUInt16LE(18), bytes.readUInt16LE(20)];
    return {
      width,
      height,
      bottomUp: true,
      bits,
      compression: 0,
      pixels,
      palette: 26,
      paletteEntry: 3,
      masks: masksOf(bits),
    };
  }
  const signedHeight = bytes.readInt32LE(22);
  const bits = bytes.readUInt16LE(28);
  const compression = bytes.readUInt32LE(30);
  const ownMasks = bitFields.includes(compression);
  return {
    width: bytes.readInt32LE(18),
    height: Math.abs(signedHeight),
    bottomUp: signedHeight > 0,
    bits,
    compression,
    pixels,
    palette: 14 + size,
    paletteEntry: 4,
    masks: ownMasks
      ? [bytes.readUInt32LE(54), bytes.readUInt32LE(58), bytes.readUInt32LE(62)]
      : masksOf(bits),
  };
}

function masksOf(bits: number): [number, number, number] {
  return bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0xff00, 0xff];
}

/** Palette indices [height, width], top row first. */
function readIndices(header: BmpHeader, bytes: Buffer): Uint8Array {
  const { width, height, bits } = header;
  if (![1, 2, 4, 8].includes(bits)) throw new UnreadableImage(`a bitmap of ${bits} bits`);
  const indices = new Uint8Array(width * height);
  const perByte = 8 / bits;
  for (let row = 0; row < height; row++) {
    const origin = rowOffset(header, row);
    for (let column = 0; column < width; column++) {
      const byte = bytes.readUInt8(origin + Math.floor(column / perByte));
      const shift = 8 - bits * ((column % perByte) + 1);
      indices[row * width + column] = (byte >> shift) & ((1 << bits) - 1);
    }
  }
  return indices;
}

/**
 * Palette indices [height, width] of a run-length encoded bitmap; places that are never reached
 * have index 0.
 */
function readRuns(header: BmpHeader, bytes: Buffer): Uint8Array {
  const { width, height, compression } = header;
  const indices = new Uint8Array(width * height);
  let [column, line, at] = [0, 0, header.pixels];
  const put = (index: number) => {
    const row = header.bottomUp ? height - 1 - line : line;
    if (column < width && line < height) indices[row * width + column] = index;
    column++;
  };
  // The i-th index of a byte sequence that begins at `start`; with 4 bits, two share a byte, high
  // one first.
  const indexAt = (start: number, i: number) =>
    compression === runs8
      ? bytes.readUInt8(start + i)
      : (bytes.readUInt8(start + (i >> 1)) >> (i % 2 === 0 ? 4 : 0)) & 15;

  while (line < height) {
    const count = bytes.readUInt8(at);
    const code = bytes.readUInt8(at + 1);
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(indexAt(at - 1, compression === runs8 ? 0 : i % 2));
    } else if (code === 0) {
      column = 0;
      line++;
    } else if (code === 1) {
      break;
    } else if (code === 2) {
      column += bytes.readUInt8(at);
      line += bytes.readUInt8(at + 1);
      at += 2;
    } else {
      for (let i = 0; i < code; i++) put(indexAt(at, i));
      const used = compression === runs8 ? code : Math.ceil(code / 2);
      at += used + (used % 2);
    }
  }
  return indices;
}

/** Looks the indices up in the palette. */
function paint(header: BmpHeader, bytes: Buffer, indices: Uint8Array): RgbImage {
  const { width, height, palette, paletteEntry } = header;
  const data = new Uint8Array(width * height * 3);
  indices.forEach((index, pixel) => {
    const entry = palette + index * paletteEntry;
    for (let channel = 0; channel < 3; channel++) {
      data[pixel * 3 + channel] = bytes.readUInt8(entry + 2 - channel);
    }
  });
  return { width, height, data };
}

/** Pixels that hold their colour: 16, 24 or 32 bits. */
function readColours(header: BmpHeader, bytes: Buffer): RgbImage {
  const { width, height, bits, masks } = header;
  if (![16, 24, 32].includes(bits)) throw new UnreadableImage(`a bitmap of ${bits} bits`);
  const data = new Uint8Array(width * height * 3);
  const channels = masks.map((mask) => {
    const shift = Math.log2((mask & -mask) >>> 0);
    return { mask, shift, largest: mask >>> shift };
  });
  for (let row = 0; row < height; row++) {
    const origin = rowOffset(header, row);
    for (let column = 0; column < width; column++) {
      const value = bytes.readUIntLE(origin + (column * bits) / 8, bits / 8);
      channels.forEach(({ mask, shift, largest }, channel) => {
        const level = ((value & mask) >>> shift) / largest;
        data[(row * width + column) * 3 + channel] = Math.round(level * 255);
      });
    }
  }
  return { width, height, data };
}

/** Returns the offset of a row, counted from the top. Rows are padded to four bytes. */
function rowOffset({ width, height, bits, bottomUp, pixels }: BmpHeader, row: number): number {
  const stride = Math.ceil((width * bits) / 32) * 4;
  return pixels + stride * (bottomUp ? height - 1 - row : row);
}
