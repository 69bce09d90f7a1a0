/**
 * An encoded image becomes 8-bit RGB, as a person sees it:
 *
 * - turned upright as its EXIF orientation says, so that crops are in upright coordinates;
 * - the first frame of an animation, the first page of a TIFF;
 * - transparency over white;
 * - 16 bits reduced to 8, grey repeated in three channels;
 * - CMYK through the press profile that libvips carries.
 *
 * Embedded colour profiles are ignored, as in the published training (Pillow, torchvision): the
 * numbers in the file are what the models saw. No reduced-size decoding: it would change the pixels
 * that `resize.ts` reproduces.
 */
import sharp from 'sharp';
import { decodeBmp, isBmp } from './bmp.js';
import { notEmpty, readImageFile } from './encoded-image.js';
import type { RgbImage } from './resize.js';
import { UnreadableImage } from './unreadable-image.js';

/** Larger images are refused before anything is allocated, at the same size as in Pillow. */
export const maxPixels = 178_956_970;

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
  // failOn 'error' finds truncation and wrong checksums, and lets pass what decoders merely warn
  // about.
  const image = sharp(bytes, {
    failOn: 'error',
    limitInputPixels: maxPixels,
    ignoreIcc: true,
    autoOrient: upright,
  });
  const { data, info } = await image
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => {
      throw new UnreadableImage(decoderReason(error.message), { cause: error });
    });
  return { width: info.width, height: info.height, data };
}

/** Translates an error message of libvips for users. */
function decoderReason(message: string): string {
  if (/unsupported image format/i.test(message)) return 'not an image of a known format';
  if (/pixel limit/i.test(message)) return `larger than ${maxPixels} pixels`;
  if (/premature end|unexpected end|bad seek/i.test(message)) return 'truncated';
  return `damaged or truncated (${message.split('\n')[0]?.replace(/:$/, '')})`;
}
