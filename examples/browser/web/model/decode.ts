/** An image file becomes 8-bit RGB as `um-mae` decodes it: upright, over white, without its colour profile. */
import type { Box, RgbImage, Size } from 'um-mae/pixels';
import { UnusableFile } from '../unusable-file.js';

/** About a gigabyte while it is decoded. */
const maxPixels = 100e6;
/** Pixels that are copied out of a canvas at once. */
const stripPixels = 2 ** 20;

/**
 * The caller closes the bitmap.
 *
 * @throws UnusableFile for what this browser does not decode, and for more than 100 million pixels
 */
export async function decode(file: File): Promise<ImageBitmap> {
  if (file.size === 0)
    throw new UnusableFile(`Expected an image but got ${file.name}, which is empty.`);
  const bitmap = await createImageBitmap(file, {
    imageOrientation: 'from-image',
    colorSpaceConversion: 'none',
  }).catch(() => {
    throw new UnusableFile(
      `Expected an image but got ${file.name}, which this browser cannot decode.`,
    );
  });
  const pixels = bitmap.width * bitmap.height;
  if (pixels <= maxPixels) return bitmap;
  const [width, height] = [bitmap.width, bitmap.height];
  bitmap.close();
  throw new UnusableFile(
    `Expected an image of at most ${maxPixels / 1e6} million pixels but got ${file.name}, of ${width} × ${height}.`,
  );
}

/** In strips, so that only one whole copy is made. */
export function readPixels(bitmap: ImageBitmap): RgbImage {
  const { width, height } = bitmap;
  const rows = Math.min(height, Math.max(1, Math.floor(stripPixels / width)));
  const context = whiteCanvas({ width, height: rows });
  const data = new Uint8Array(width * height * 3);
  for (let top = 0, to = 0; top < height; top += rows) {
    const strip = Math.min(rows, height - top);
    context.fillRect(0, 0, width, rows);
    context.drawImage(bitmap, 0, -top);
    const { data: rgba } = context.getImageData(0, 0, width, strip);
    for (let from = 0; from < rgba.length; from += 4, to += 3) {
      data[to] = rgba[from] as number;
      data[to + 1] = rgba[from + 1] as number;
      data[to + 2] = rgba[from + 2] as number;
    }
  }
  return { width, height, data };
}

/** @param part of the bitmap to show */
export function draw(bitmap: ImageBitmap, part: Box, size: Size): Promise<Blob> {
  const context = whiteCanvas(size);
  context.imageSmoothingQuality = 'high';
  const { left, top, width, height } = part;
  context.drawImage(bitmap, left, top, width, height, 0, 0, size.width, size.height);
  return context.canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
}

function whiteCanvas({ width, height }: Size): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new UnusableFile('Expected memory for the image but this browser gave none.');
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  return context;
}
