/**
 * Random erasing: a rectangle of some images becomes noise, after normalisation.
 *
 * Source: Zhong et al. 2020, arXiv:1708.04896, filled with pixel noise as UM-MAE's fine-tuning does
 * it.
 */
import { type Generator, randn, scope, slice, type Tensor, upload } from '@um-mae/torch';
import type { BatchRows } from '@um-mae/torch/nn';
import { roundHalfToEven } from '../../images/geometry/crop.js';
import type { Box, Size } from '../../images/geometry/resize.js';
import { type Random, randomBetween, randomInteger } from '../../random.js';
import type { BatchShape } from './mixing.js';

/** Options of random erasing. The published ones are probability 0.25 and the defaults. */
export interface ErasingOptions {
  /** Share of the images that lose a rectangle. */
  readonly probability: number;
  /** Smallest and largest share of the image's area. Default 0.02 to 1/3. */
  readonly area?: readonly [number, number];
  /**
   * Smallest and largest height / width, drawn so that wide and tall are equally likely. Default
   * 0.3 to 1 / 0.3.
   */
  readonly aspect?: readonly [number, number];
}

const attempts = 10;

/** Draws the rectangle that each image loses, or undefined for an image that loses none. */
export function drawErasing(
  options: ErasingOptions,
  { images, ...size }: BatchShape,
  random: Random,
): (Box | undefined)[] {
  return Array.from({ length: images }, () =>
    random() <= options.probability ? drawRectangle(options, size, random) : undefined,
  );
}

/** Smaller than the image in both directions; undefined when ten attempts found none. */
function drawRectangle(
  { area = [0.02, 1 / 3], aspect = [0.3, 1 / 0.3] }: ErasingOptions,
  image: Size,
  random: Random,
): Box | undefined {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const pixels = image.width * image.height * randomBetween(random, ...area);
    const ratio = Math.exp(randomBetween(random, Math.log(aspect[0]), Math.log(aspect[1])));
    const height = roundHalfToEven(Math.sqrt(pixels * ratio));
    const width = roundHalfToEven(Math.sqrt(pixels / ratio));
    if (height < image.height && width < image.width) {
      const top = randomInteger(random, image.height - height + 1);
      const left = randomInteger(random, image.width - width + 1);
      return { top, left, height, width };
    }
  }
  return undefined;
}

/** The draws of noise, for all images of a batch in every process. */
export interface ErasingDraws {
  readonly generator: Generator;
  readonly rows?: Pick<BatchRows, 'first' | 'count'> | undefined;
}

/**
 * Fills the rectangles with independent standard normal noise.
 *
 * @param images [batch, channels, height, width], normalised
 * @param rectangles one per image of the batch, which several processes may share
 * @param options.generator of the CPU, whatever the device of the images
 * @param options.rows the images among all of the batch. Default: they are all
 * @returns a tensor of its own, of the same shape
 */
export function eraseImages(
  images: Tensor,
  rectangles: readonly (Box | undefined)[],
  { generator, rows = { first: 0, count: rectangles.length } }: ErasingDraws,
): Tensor {
  const [, channels] = images.sizes(4);
  const { device, dtype } = images;
  return scope(() => {
    const erased = images.clone();
    for (const [place, rectangle] of rectangles.entries()) {
      if (!rectangle) continue;
      const { top, left, height, width } = rectangle;
      const drawn = randn([channels, height, width], { generator, dtype });
      const image = place - rows.first;
      if (image < 0 || image >= rows.count) continue;
      const noise = upload(drawn, device);
      erased.put([image, ':', slice(top, top + height), slice(left, left + width)], noise);
    }
    return erased;
  });
}
