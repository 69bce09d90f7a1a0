import type { ImageSize } from './protocol.js';

export interface Normalisation extends ImageSize {
  /** The mean of each colour, of pixels of 0 to 1. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/**
 * Bytes of an image to the numbers that the model sees.
 *
 * @param rgb [height, width, 3]
 * @returns f32 [3, height, width]
 */
export function normalise(
  rgb: Uint8Array,
  { height, width, mean, deviation }: Normalisation,
): Float32Array<ArrayBuffer> {
  const pixels = height * width;
  const planes = new Float32Array(3 * pixels);
  for (let colour = 0; colour < 3; colour++) {
    const [centre = 0, scale = 1] = [mean[colour], deviation[colour]];
    const start = colour * pixels;
    for (let pixel = 0; pixel < pixels; pixel++) {
      planes[start + pixel] = ((rgb[3 * pixel + colour] as number) / 255 - centre) / scale;
    }
  }
  return planes;
}
