/** A picture as a detector takes it. */
import { resizeTo } from '../../images/geometry/resampling.js';
import type { RgbImage } from '../../images/geometry/resize.js';
import type { PictureSize, ShownPicture } from './objects.js';
import type { DetectorSettings } from './settings.js';

/** The input of a detector. */
export interface PreparedPicture extends ShownPicture {
  /** [3, height, width], normalised; zeros below and on the right of the picture */
  readonly pixels: Float32Array<ArrayBuffer>;
}

type Input = Pick<DetectorSettings, 'height' | 'width' | 'interpolation' | 'mean' | 'deviation'>;

/**
 * The size in which a picture just fits, its shape kept.
 *
 * @example
 * ```ts
 * import { fittedSize } from 'um-mae/detect';
 *
 * console.log(fittedSize({ width: 400, height: 200 }, { width: 100, height: 100 }).height); // 50
 * ```
 */
export function fittedSize({ width, height }: PictureSize, input: PictureSize): PictureSize {
  const factor = Math.min(input.width / width, input.height / height);
  const side = (pixels: number) => Math.max(1, Math.floor(pixels * factor + 0.5));
  return { width: side(width), height: side(height) };
}

/**
 * @param image RGB bytes
 *
 * @example
 * ```ts
 * import { preparePicture } from 'um-mae/detect';
 *
 * const image = { data: new Uint8Array(40 * 20 * 3), width: 40, height: 20 };
 * const { pixels, resized } = preparePicture(image, {
 *   height: 64,
 *   width: 64,
 *   interpolation: 'bilinear',
 *   mean: [0.485, 0.456, 0.406],
 *   deviation: [0.229, 0.224, 0.225],
 * });
 * console.log(pixels.length, resized.width); // 12288 64
 * ```
 */
export function preparePicture(image: RgbImage, input: Input): PreparedPicture {
  const resized = fittedSize(image, input);
  const way = input.interpolation === 'bicubic' ? 'pillow' : 'opencv';
  const { data } = resizeTo(image, resized, way);
  const { width, height } = input;
  const pixels = new Float32Array(3 * height * width);
  for (const [colour, centre] of input.mean.entries()) {
    const deviation = input.deviation[colour] as number;
    for (let y = 0; y < resized.height; y++) {
      const to = (colour * height + y) * width;
      const from = 3 * y * resized.width + colour;
      for (let x = 0; x < resized.width; x++) {
        pixels[to + x] = ((data[from + 3 * x] as number) / 255 - centre) / deviation;
      }
    }
  }
  const { width: across, height: down } = image;
  return { pixels, resized, original: { width: across, height: down } };
}
