/** A look at one image and its mask before training: sizes, and the values of the mask. */

import sharp from 'sharp';
import { maxPixels } from '../../../images/decode.js';
import { decodeBmp, isBmp } from '../../../images/formats/bmp.js';
import { liesOnSide } from '../../../images/formats/orientation.js';
import type { Size } from '../../../images/geometry/resize.js';
import { colourOfValue, decodeMask, type Mask, type MaskKind } from '../../../images/masks/mask.js';
import { UnreadableImage } from '../../../images/unreadable-image.js';

/** An image with its mask, or the reason why there is none. */
export type PairScan = UnreadablePair | ReadablePair;

export interface UnreadablePair {
  readonly kind: 'unreadable';
  readonly file: 'image' | 'mask';
  readonly reason: string;
}

export interface ReadablePair {
  readonly kind: 'pair';
  /** The size of the image as it is seen. */
  readonly image: Size;
  /** The size of the image as it is stored, before its EXIF data turn it. */
  readonly stored: Size;
  /** The size of the mask as it is seen. */
  readonly mask: Size;
  readonly maskKind: MaskKind;
  /** Whether every value is a colour of three equal levels, and so a grey level. */
  readonly isGreyColour: boolean;
  /** Values of the mask with their pixels, the first ones that occur. */
  readonly values: readonly (readonly [value: number, pixels: number])[];
  /** Whether there are more values than these. */
  readonly hasMore: boolean;
}

/** Values of a mask that are counted; more are no classes. */
const mostValues = 1024;

/** Scans the header of an image and all pixels of its mask. */
export async function scanPair(image: Buffer, maskBytes: Buffer): Promise<PairScan> {
  let file: UnreadablePair['file'] = 'image';
  try {
    const sizes = await sizesOf(image);
    file = 'mask';
    const mask = await decodeMask(maskBytes);
    const { width, height } = mask;
    const counted = countValues(mask);
    return { kind: 'pair', ...sizes, mask: { width, height }, maskKind: mask.kind, ...counted };
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    return { kind: 'unreadable', file, reason: error.reason };
  }
}

async function sizesOf(bytes: Buffer): Promise<Pick<ReadablePair, 'image' | 'stored'>> {
  if (isBmp(bytes)) {
    const { width, height } = decodeBmp(bytes, { maxPixels });
    return { image: { width, height }, stored: { width, height } };
  }
  const {
    width,
    height,
    orientation = 1,
  } = await sharp(bytes)
    .metadata()
    .catch((cause) => {
      throw new UnreadableImage('not an image of a known format', { cause });
    });
  const stored = { width, height };
  return { stored, image: liesOnSide(orientation) ? { width: height, height: width } : stored };
}

function countValues({ values }: Mask): Pick<ReadablePair, 'values' | 'isGreyColour' | 'hasMore'> {
  const counts = new Map<number, number>();
  let hasMore = false;
  for (let start = 0; start < values.length; ) {
    const value = values[start] as number;
    let end = start + 1;
    while (end < values.length && values[end] === value) end++;
    const before = counts.get(value);
    if (before === undefined && counts.size === mostValues) hasMore = true;
    else counts.set(value, (before ?? 0) + end - start);
    start = end;
  }
  return { values: [...counts], isGreyColour: [...counts.keys()].every(isGrey), hasMore };
}

function isGrey(value: number): boolean {
  const colour = colourOfValue(value);
  return colour !== undefined && colour === (colour & 255) * 0x010101;
}
