/**
 * An encoded image becomes 8-bit RGB, as a person sees it:
 *
 * - turned upright as its EXIF orientation says, so that crops are in upright coordinates;
 * - the first frame of an animation, the first page of a TIFF;
 * - transparency over white;
 * - 16 bits reduced to 8, grey repeated in three channels; other samples of TIFF files as `tiff.ts`
 *   has them;
 * - CMYK through the press profile that libvips carries.
 *
 * Embedded colour profiles are ignored, as in the published training (Pillow, torchvision): the
 * numbers in the file are what the models saw. No reduced-size decoding: it would change the pixels
 * that `resize.ts` reproduces.
 */
import sharp from 'sharp';
import { notEmpty, readImageFile } from './encoded-image.js';
import { decodeBmp, isBmp } from './formats/bmp.js';
import { drawingKind, heifKind, unknownKind } from './formats/image-kind.js';
import { checkScans, isJpeg } from './formats/jpeg-scans.js';
import {
  areColoursApart,
  checkTiff,
  decodeSamples,
  hasOwnSamples,
  photometricRgb,
} from './formats/tiff.js';
import { tiffTags, withPhotometric } from './formats/tiff-tags.js';
import type { RgbImage } from './geometry/resize.js';
import { UnreadableImage } from './unreadable-image.js';

/** Larger images are refused before anything is allocated, at the same size as in Pillow. */
export const maxPixels = 178_956_970;

/** More bands than images of the Earth have; each takes the memory of an image. */
const maxBands = 64;

/** Throws `UnreadableImage` for a file that is missing, or as `decodeBytes` does. */
export async function decodeImage(path: string): Promise<RgbImage> {
  return decodeBytes(notEmpty(readImageFile(path)));
}

/**
 * Throws `UnreadableImage` for what is truncated, damaged, too large or no image.
 *
 * @param upright whether EXIF data turn the image
 */
export async function decodeBytes(bytes: Buffer, { upright = true } = {}): Promise<RgbImage> {
  return isBmp(bytes) ? decodeBmp(bytes, { maxPixels }) : decodeWithSharp(bytes, upright);
}

async function decodeWithSharp(bytes: Buffer, upright: boolean): Promise<RgbImage> {
  const other = heifKind(bytes, false) ?? drawingKind(bytes);
  if (other !== undefined) throw new UnreadableImage(other);
  if (isJpeg(bytes)) checkScans(bytes);
  // failOn 'error' finds truncation and wrong checksums, and lets pass what decoders merely warn
  // about.
  const found = tiffTags(bytes);
  const isApart = found !== undefined && areColoursApart(found);
  const tags = isApart ? { ...found, photometric: photometricRgb } : found;
  if (tags) checkTiff(tags);
  const image = sharp(isApart ? withPhotometric(bytes, photometricRgb) : bytes, {
    failOn: 'error',
    limitInputPixels: maxPixels,
    limitInputChannels: maxBands,
    ignoreIcc: true,
    autoOrient: upright,
  });
  try {
    if (tags && hasOwnSamples(tags)) return await decodeSamples(image, tags);
    const { data, info } = await image
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (cause) {
    if (!(cause instanceof Error) || cause instanceof UnreadableImage) throw cause;
    throw new UnreadableImage(heifKind(bytes, true) ?? decoderReason(cause.message, bytes), {
      cause,
    });
  }
}

/** Translates an error message of libvips for users. */
function decoderReason(message: string, bytes: Buffer): string {
  if (/unsupported image format/i.test(message)) return unknownKind(bytes);
  if (/pixel limit/i.test(message)) return `larger than ${maxPixels} pixels`;
  if (/channel limit/i.test(message)) return `of more than ${maxBands} bands`;
  if (/premature end|unexpected end|bad seek/i.test(message)) return 'truncated';
  if (/not (configured|supported)/i.test(message)) {
    return `of a kind that is not read (${message.split('\n')[0]})`;
  }
  return `damaged or truncated (${message.split('\n')[0]?.replace(/:$/, '')})`;
}
