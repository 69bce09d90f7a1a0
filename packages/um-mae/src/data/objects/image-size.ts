/** The size of an image, from its first bytes, and as annotations write it. */
import sharp from 'sharp';
import { decodeBytes, maxPixels } from '../../images/decode.js';
import { jpegSize } from '../../images/formats/jpeg-region.js';
import type { Size } from '../../images/geometry/resize.js';
import { UnreadableImage } from '../../images/unreadable-image.js';
import type { ImageLocation } from '../sources/image-set.js';
import { ImageReader } from '../sources/read-image.js';

/** The size of an image upright; undefined where it cannot be read. */
export async function sizeOfImage(location: ImageLocation): Promise<Size | undefined> {
  try {
    const bytes = await new ImageReader().read(location);
    return jpegSize(bytes) ?? (await sizeBySharp(bytes)) ?? (await decodeBytes(bytes));
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    return undefined;
  }
}

/** The size that annotations write; undefined where no image that is read has it. */
export function writtenSize(width: unknown, height: unknown): Size | undefined {
  if (!isSide(width) || !isSide(height)) return undefined;
  return width * height <= maxPixels ? { width, height } : undefined;
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0;
}

/** The size that sharp tells; undefined for what it does not know, such as BMP files. */
async function sizeBySharp(bytes: Buffer): Promise<Size | undefined> {
  const { autoOrient } = await sharp(bytes)
    .metadata()
    .catch(() => ({ autoOrient: undefined }));
  return autoOrient;
}
