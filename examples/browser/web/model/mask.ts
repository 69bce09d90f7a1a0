/** The answer of a segmentor for one image: the class of every pixel. */
import { UnusableFile } from '../unusable-file.js';
import type { ImageSize, PixelClasses } from './protocol.js';
import type { Numbers } from './runtime.js';

/** A segmented image, as the page shows it. */
export interface Segmentation {
  /** Shares of the pixels, of each class. */
  readonly shares: Float32Array<ArrayBuffer>;
  /** Pixels in the colours of their classes. */
  readonly mask: Blob;
}

/** @param numbers logits `[classes, height, width]`, or classes `[height, width]` */
export async function segmentation(
  numbers: Numbers,
  { height, width }: ImageSize,
  { classes, colours }: PixelClasses,
): Promise<Segmentation> {
  const pixels = height * width;
  const rgba = new Uint8ClampedArray(4 * pixels);
  const levels = colours.map((colour) => Number.parseInt(colour.slice(1), 16));
  const counts = new Uint32Array(classes.length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const found = classAt(numbers, pixel, { pixels, count: classes.length });
    (counts[found] as number)++;
    const level = levels[found] as number;
    rgba.set([level >> 16, (level >> 8) & 255, level & 255, 255], 4 * pixel);
  }
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new UnusableFile('Expected memory for the mask but this browser gave none.');
  context.putImageData(new ImageData(rgba, width, height), 0, 0);
  const shares = Float32Array.from(counts, (count) => count / pixels);
  return { shares, mask: await canvas.convertToBlob({ type: 'image/png' }) };
}

/** The likeliest class of a pixel; the first of equal ones. */
function classAt(
  numbers: Numbers,
  pixel: number,
  { pixels, count }: { readonly pixels: number; readonly count: number },
): number {
  if (numbers instanceof Int32Array) return numbers[pixel] as number;
  let best = 0;
  for (let label = 1; label < count; label++) {
    const [logit = 0, most = 0] = [numbers[label * pixels + pixel], numbers[best * pixels + pixel]];
    if (logit > most) best = label;
  }
  return best;
}
