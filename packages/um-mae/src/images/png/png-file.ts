/**
 * The parts of a PNG file, read and written: what masks need, whose stored numbers sharp turns into
 * colours.
 *
 * Source: W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", sections 5 and 11.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { UnreadableImage } from '../unreadable-image.js';

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** The kinds of pixels, by the numbers that the format gives them. */
export const pngColour = { grey: 0, rgb: 2, index: 3, greyAlpha: 4, rgba: 6 } as const;

/** The header of a PNG file. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of a number: 1, 2, 4, 8 or 16. */
  readonly bits: number;
  readonly colour: (typeof pngColour)[keyof typeof pngColour];
  readonly interlaced: boolean;
}

/** Numbers of one pixel, by the kind of pixels. */
export const pngChannels: Readonly<Record<PngHeader['colour'], number>> = {
  [pngColour.grey]: 1,
  [pngColour.rgb]: 3,
  [pngColour.index]: 1,
  [pngColour.greyAlpha]: 2,
  [pngColour.rgba]: 4,
};

/** A PNG file, its pixels still filtered. */
export interface PngFile extends PngHeader {
  /** Red, green, blue of each index; empty where there is no palette. */
  readonly palette: Uint8Array;
  /** EXIF data; empty where there is none. */
  readonly exif: Uint8Array;
  /** Rows of every pass, each behind the number of its filter. */
  readonly rows: Uint8Array;
}

export function isPng(bytes: Uint8Array): boolean {
  return signature.equals(bytes.subarray(0, signature.length));
}

/**
 * @param mostPixels that it may have, each of four bytes: all colours of 8 bits
 * @throws UnreadableImage when the file is damaged, cut off or too large
 */
export function readPng(bytes: Buffer, mostPixels: number): PngFile {
  let header: PngHeader | undefined;
  let palette: Uint8Array = new Uint8Array();
  let exif: Uint8Array = new Uint8Array();
  const packed: Buffer[] = [];
  for (const { type, content } of chunksOf(bytes)) {
    if (type === 'IHDR') header = readHeader(content);
    else if (type === 'PLTE') palette = content;
    else if (type === 'eXIf') exif = content;
    else if (type === 'IDAT') packed.push(content);
  }
  if (!header) throw new UnreadableImage('damaged (without a header)');
  const { width, height } = header;
  if (width * height > mostPixels) throw new UnreadableImage(`larger than ${mostPixels} pixels`);
  const size = (width * height * pngChannels[header.colour] * header.bits) / 8;
  if (size > 4 * mostPixels) throw new UnreadableImage(`larger than ${4 * mostPixels} bytes`);
  return { ...header, palette, exif, rows: unpack(Buffer.concat(packed), header) };
}

/** @param rows each behind the number of its filter */
export function writePng(
  { width, height, bits, colour }: Omit<PngHeader, 'interlaced'>,
  { rows, palette }: Pick<PngFile, 'rows' | 'palette'>,
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = bits;
  header[9] = colour;
  const chunks = [chunk('IHDR', header)];
  if (palette.length > 0) chunks.push(chunk('PLTE', palette));
  chunks.push(chunk('IDAT', deflateSync(rows)), chunk('IEND', new Uint8Array()));
  return Buffer.concat([signature, ...chunks]);
}

function chunk(type: string, content: Uint8Array): Buffer {
  const bytes = Buffer.alloc(content.length + 12);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(content, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, content.length + 8)), content.length + 8);
  return bytes;
}

/** Chunks up to the last one; checksums of pixels are checked as they are unpacked. */
function* chunksOf(bytes: Buffer) {
  for (let at = signature.length; ; ) {
    if (at + 12 > bytes.length) throw new UnreadableImage('truncated');
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const end = at + 12 + length;
    if (end > bytes.length) throw new UnreadableImage('truncated');
    if (type === 'IEND') return;
    yield { type, content: bytes.subarray(at + 8, at + 8 + length) };
    at = end;
  }
}

function readHeader(content: Buffer): PngHeader {
  const damaged = () => new UnreadableImage('damaged (a header that the format does not know)');
  if (content.length !== 13) throw damaged();
  const [width, height] = [content.readUInt32BE(0), content.readUInt32BE(4)];
  const [bits, number, , , interlace] = [...content.subarray(8)];
  const colour = Object.values(pngColour).find((known) => known === number);
  const isKnown = colour !== undefined && bits !== undefined && allowedBits[colour].includes(bits);
  if (!isKnown || width === 0 || height === 0) throw damaged();
  return { width, height, bits, colour, interlaced: interlace === 1 };
}

const allowedBits: Readonly<Record<PngHeader['colour'], readonly number[]>> = {
  [pngColour.grey]: [1, 2, 4, 8, 16],
  [pngColour.rgb]: [8, 16],
  [pngColour.index]: [1, 2, 4, 8],
  [pngColour.greyAlpha]: [8, 16],
  [pngColour.rgba]: [8, 16],
};

function unpack(packed: Buffer, { width, height, bits, colour }: PngHeader): Uint8Array {
  // Rows of interlaced images begin more often, and end within a byte.
  const stride = Math.ceil((width * pngChannels[colour] * bits) / 8) + 8;
  try {
    return inflateSync(packed, { maxOutputLength: stride * (height + 8) });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UnreadableImage(code === 'Z_BUF_ERROR' ? 'truncated' : 'damaged', { cause });
  }
}
