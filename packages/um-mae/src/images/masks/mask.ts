/**
 * Masks, files of which every pixel tells a class: their numbers as they are stored, never resized,
 * blended or read as colours of a screen.
 */
import sharp from 'sharp';
import { maxPixels } from '../decode.js';
import { drawingKind } from '../formats/image-kind.js';
import { exifOrientation, turnUpright } from '../formats/orientation.js';
import type { Size } from '../geometry/resize.js';
import { isPng, pngChannels, pngColour, readPng } from '../png/png-file.js';
import { pngNumbers } from '../png/png-numbers.js';
import { UnreadableImage } from '../unreadable-image.js';

/**
 * The form of a mask's values: indices of a palette, grey levels of 8 bits or fewer, of 16 bits,
 * or colours.
 */
export const maskKinds = ['index', 'grey', 'grey-16', 'colour'] as const;
export type MaskKind = (typeof maskKinds)[number];

/**
 * The stored value of every pixel, [height, width]: a whole number, or `colourValue` of a colour.
 */
export interface Mask extends Size {
  readonly kind: MaskKind;
  readonly values: Uint8Array | Uint16Array | Int32Array;
  /** Red, green, blue of each index; empty where there is no palette. */
  readonly palette: Uint8Array;
}

/** Values of colours lie above those of grey levels. */
const firstColour = 1 << 24;

/** The value of a colour in masks, from 0xRRGGBB. */
export function colourValue(rgb: number): number {
  return firstColour + rgb;
}

/** The colour, as 0xRRGGBB, that a value stands for; undefined for a whole number. */
export function colourOfValue(value: number): number | undefined {
  return value >= firstColour ? value - firstColour : undefined;
}

/**
 * Reads a PNG, or what sharp reads that loses nothing.
 *
 * @param upright whether EXIF data turn it, as they turn images
 * @throws UnreadableImage for a JPEG file, whose values are made up, and for what is damaged
 */
export async function decodeMask(bytes: Buffer, { upright = true } = {}): Promise<Mask> {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) {
    throw new UnreadableImage('a JPEG file, which changes the values of masks (save it as PNG)');
  }
  if (!isPng(bytes)) return decodeOther(bytes, upright);
  const png = readPng(bytes, maxPixels);
  const mask = maskOfNumbers(pngNumbers(png), png, pngChannels[png.colour]);
  const kind = png.colour === pngColour.index ? 'index' : mask.kind;
  const turned = upright ? turnUpright(mask, exifOrientation(png.exif)) : mask;
  return { ...turned, kind, palette: png.palette };
}

/** Limits the bytes of a mask as `readPng` does; memory holds three times as much meanwhile. */
const mostBytes = 4 * maxPixels;

/** TIFF, WebP, GIF, BMP: whatever has no palette of its own when sharp has read it. */
async function decodeOther(bytes: Buffer, upright: boolean): Promise<Mask> {
  const drawing = drawingKind(bytes);
  if (drawing !== undefined) throw new UnreadableImage(drawing);
  const options = { failOn: 'error', limitInputPixels: maxPixels, ignoreIcc: true } as const;
  const image = sharp(bytes, { ...options, autoOrient: upright });
  try {
    const { depth, channels, width, height } = await image.metadata();
    const isDeep = depth === 'ushort';
    const size = width * height * channels * (isDeep ? 2 : 1);
    if (size > mostBytes) throw new UnreadableImage(`larger than ${mostBytes} bytes`);
    const grey = isDeep ? 'grey16' : 'b-w';
    const colour = isDeep ? 'rgb16' : 'srgb';
    const { data, info } = await image
      .toColourspace(channels < 3 ? grey : colour)
      .raw({ depth: isDeep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const numbers = isDeep ? new Uint16Array(new Uint8Array(data).buffer) : new Uint8Array(data);
    return { ...maskOfNumbers(numbers, info, info.channels), palette: new Uint8Array() };
  } catch (cause) {
    if (cause instanceof UnreadableImage) throw cause;
    throw new UnreadableImage('no mask of a format that keeps its values (save it as PNG)', {
      cause,
    });
  }
}

/** Leaves alpha out, and joins red, green and blue. */
function maskOfNumbers(
  numbers: Uint8Array | Uint16Array,
  { width, height }: Size,
  channels: number,
): Omit<Mask, 'palette'> {
  const isDeep = numbers instanceof Uint16Array;
  const kind = channels >= 3 ? 'colour' : isDeep ? 'grey-16' : 'grey';
  if (channels === 1) return { width, height, kind, values: numbers };
  if (channels === 2) {
    return { width, height, kind, values: numbers.filter((_, i) => i % 2 === 0) };
  }
  const values = new Int32Array(width * height);
  const shift = isDeep ? 8 : 0;
  for (let pixel = 0, at = 0; pixel < values.length; pixel++, at += channels) {
    const red = (numbers[at] as number) >> shift;
    const green = (numbers[at + 1] as number) >> shift;
    const blue = (numbers[at + 2] as number) >> shift;
    values[pixel] = firstColour + ((red << 16) | (green << 8) | blue);
  }
  return { width, height, kind, values };
}
