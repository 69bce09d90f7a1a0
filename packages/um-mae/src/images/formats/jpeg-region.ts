/**
 * Decodes the part of a JPEG image that a crop needs: the rest is neither transformed nor coloured.
 *
 * A file that was cut off is always noticed, by its missing end mark; other damage only where the
 * crop reaches it.
 */
import { maxPixels } from '../decode.js';
import type { Box, RgbImage, Size } from '../geometry/resize.js';
import { nativePixels } from '../native-pixels.js';

/** The size of a JPEG image of which regions can be decoded; undefined for every other file. */
export function jpegSize(bytes: Uint8Array): Size | undefined {
  const [width, height] = nativePixels?.jpegSize(bytes) ?? [0, 0];
  return width * height > 0 && width * height <= maxPixels ? { width, height } : undefined;
}

/** The same pixels that decoding all and cutting gives; undefined when the image is damaged. */
export function decodeJpegRegion(bytes: Uint8Array, box: Box): RgbImage | undefined {
  const { left, top, width, height } = box;
  const data = new Uint8Array(width * height * 3);
  const decoded = nativePixels?.decodeJpegRegion(bytes, left, top, width, height, data);
  return decoded ? { width, height, data } : undefined;
}
