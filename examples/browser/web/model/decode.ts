/**
 * An image file becomes 8-bit RGB as `um-mae` decodes it: upright, over white, without its colour
 * profile.
 */
import type { Box, RgbImage, Size } from 'um-mae/pixels';
import { UnusableFile } from '../unusable-file.js';

/** About a gigabyte while it is decoded. */
const maxPixels = 100e6;
/** The side of the squares that are copied out of an image, in pixels. */
const blockSide = 1024;

/**
 * The caller closes the bitmap.
 *
 * @throws UnusableFile for what this browser does not decode, and for more than 100 million pixels
 */
export async function decode(file: File): Promise<ImageBitmap> {
  if (file.size === 0) {
    throw new UnusableFile(`Expected an image but got ${file.name}, which is empty.`);
  }
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

/**
 * Reads pixels in blocks: a canvas may be no larger than browsers like, and only one whole copy is
 * made.
 */
export function readPixels(bitmap: ImageBitmap): RgbImage {
  const { width, height } = bitmap;
  const block = { width: Math.min(blockSide, width), height: Math.min(blockSide, height) };
  const context = whiteCanvas(block);
  const data = new Uint8Array(width * height * 3);
  for (let top = 0; top < height; top += block.height) {
    for (let left = 0; left < width; left += block.width) {
      context.fillRect(0, 0, block.width, block.height);
      context.drawImage(bitmap, -left, -top);
      const { data: rgba } = context.getImageData(0, 0, block.width, block.height);
      for (let row = 0; row < Math.min(block.height, height - top); row++) {
        const columns = Math.min(block.width, width - left);
        const from = row * block.width * 4;
        const to = ((top + row) * width + left) * 3;
        copyColours(rgba.subarray(from, from + columns * 4), data.subarray(to));
      }
    }
  }
  return { width, height, data };
}

function copyColours(rgba: Uint8ClampedArray, rgb: Uint8Array): void {
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from] as number;
    rgb[to + 1] = rgba[from + 1] as number;
    rgb[to + 2] = rgba[from + 2] as number;
  }
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
