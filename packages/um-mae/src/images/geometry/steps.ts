/** Several crops, sizes and flips of an image, one after the other. */
import type { Geometry } from './geometry.js';
import { type Resampling, resampleBy } from './resampling.js';
import type { RgbImage, Size } from './resize.js';

/** The way to resize, and the corner of the image in a larger one that the first step counts by. */
export interface StepOptions {
  readonly resampling: Resampling;
  /** Default: the image is whole. */
  readonly origin?: { readonly left: number; readonly top: number };
}

/** The image after all steps, of which there is at least one: never its own pixels. */
export function showSteps(
  image: RgbImage,
  steps: readonly Geometry[],
  { resampling, origin = { left: 0, top: 0 } }: StepOptions,
): RgbImage {
  let [shown, { left, top }] = [image, origin];
  for (const { sampling, mirrored } of steps) {
    const { source, window } = sampling;
    const moved = { ...source, left: source.left - left, top: source.top - top };
    const { width, height } = window;
    shown = { width, height, data: resampleBy(resampling, shown, { ...sampling, source: moved }) };
    if (mirrored) mirror(shown.data, window);
    [left, top] = [0, 0];
  }
  return shown;
}

/** Mirrors [height, width, 3] left to right, in place. */
export function mirror(pixels: Uint8Array, { width, height }: Size): void {
  for (let row = 0; row < height; row++) {
    const line = pixels.subarray(row * width * 3, (row + 1) * width * 3).reverse();
    // The colours are reversed too now: blue, green, red.
    for (let blue = 0; blue < line.length; blue += 3) {
      const moved = line[blue] as number;
      line[blue] = line[blue + 2] as number;
      line[blue + 2] = moved;
    }
  }
}
