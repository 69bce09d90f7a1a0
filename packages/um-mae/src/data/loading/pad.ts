import type { RgbImage, Size } from '../../images/resize.js';

/** Images of one padded size, [batch, height, width, 3]. */
export interface PaddedImages {
  readonly pixels: Uint8Array;
  readonly size: Size;
}

/**
 * Images of any sizes as one array, each at the top left of its place and zeros to its right and
 * below.
 *
 * @returns as high as the highest image and as wide as the widest one
 */
export function padImages(images: readonly RgbImage[]): PaddedImages {
  const height = Math.max(...images.map((image) => image.height));
  const width = Math.max(...images.map((image) => image.width));
  const pixels = new Uint8Array(images.length * height * width * 3);
  for (const [place, image] of images.entries()) {
    const bytes = image.width * 3;
    for (let row = 0; row < image.height; row++) {
      const line = image.data.subarray(row * bytes, (row + 1) * bytes);
      pixels.set(line, (place * height + row) * width * 3);
    }
  }
  return { pixels, size: { width, height } };
}
