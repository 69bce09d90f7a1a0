/**
 * Crops images for the model: at random for training, to the middle for evaluation.
 *
 * Source: torchvision 0.14 `RandomResizedCrop`; evaluation as published for MAE and UM-MAE.
 */
import { type Random, randomBetween, randomInteger } from '../../random.js';
import type { Box, Sampling, Size } from './resize.js';

export interface RandomCropOptions {
  /** Smallest and largest share of the image's area. */
  readonly area: readonly [number, number];
  /** Smallest and largest width / height; drawn so that wide and tall are equally likely. */
  readonly aspect: readonly [number, number];
}

const attempts = 10;

/**
 * A box of random area and aspect at a random place. When no draw fits after ten attempts (very
 * long images), the largest centred box whose aspect is allowed.
 */
export function randomResizedCrop(
  image: Size,
  { area, aspect }: RandomCropOptions,
  random: Random,
): Box {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const pixels = image.width * image.height * randomBetween(random, ...area);
    const ratio = Math.exp(randomBetween(random, Math.log(aspect[0]), Math.log(aspect[1])));
    const width = roundHalfToEven(Math.sqrt(pixels * ratio));
    const height = roundHalfToEven(Math.sqrt(pixels / ratio));
    if (width > 0 && width <= image.width && height > 0 && height <= image.height) {
      const top = randomInteger(random, image.height - height + 1);
      const left = randomInteger(random, image.width - width + 1);
      return { left, top, width, height };
    }
  }
  const ratio = image.width / image.height;
  // At least one pixel: torchvision would round the box of a one-pixel line to nothing.
  const height =
    ratio < aspect[0] ? Math.max(1, roundHalfToEven(image.width / aspect[0])) : image.height;
  const width =
    ratio > aspect[1] ? Math.max(1, roundHalfToEven(image.height * aspect[1])) : image.width;
  return {
    left: Math.trunc((image.width - width) / 2),
    top: Math.trunc((image.height - height) / 2),
    width,
    height,
  };
}

/**
 * Returns the sampling that stretches `source` to exactly `output`.
 *
 * @example
 * ```ts
 * import { resample, stretch } from 'um-mae/pixels';
 *
 * const image = { data: new Uint8Array(100 * 80 * 3), width: 100, height: 80 };
 * const left = { left: 0, top: 0, width: 50, height: 80 };
 * console.log(resample(image, stretch(left, { width: 32, height: 32 })).length); // 3072
 * ```
 */
export function stretch(source: Box, output: Size): Sampling {
  const { width, height } = output;
  return { source, width, height, window: { left: 0, top: 0, width, height } };
}

/** The whole image without distortion, as large as `output` has room for. */
export function fit(image: Size, output: Size): Sampling {
  const scale = Math.min(output.width / image.width, output.height / image.height);
  const [width, height] = [image.width, image.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  ) as [number, number];
  return stretch({ left: 0, top: 0, width: image.width, height: image.height }, { width, height });
}

/**
 * Resizes without distortion and keeps the middle. Up to 224 pixels the output is 7/8 of the
 * resized image's shorter side, above it is all of it.
 *
 * An output that is not square generalises this: the image is resized until it just covers the
 * output divided by that share, whose longer side decides which share.
 *
 * @example
 * ```ts
 * import { evaluationCrop, resample } from 'um-mae/pixels';
 *
 * const image = { data: new Uint8Array(100 * 80 * 3), width: 100, height: 80 };
 * const sampling = evaluationCrop(image, { width: 56, height: 56 });
 * console.log(resample(image, sampling).length === 56 * 56 * 3); // true
 * ```
 */
export function evaluationCrop(image: Size, output: Size, share = cropShare(output)): Sampling {
  const covered = {
    width: Math.trunc(output.width / share),
    height: Math.trunc(output.height / share),
  };
  const widthDecides = covered.width * image.height >= covered.height * image.width;
  const width = widthDecides
    ? covered.width
    : Math.trunc((covered.height * image.width) / image.height);
  const height = widthDecides
    ? Math.trunc((covered.width * image.height) / image.width)
    : covered.height;
  return {
    source: { left: 0, top: 0, width: image.width, height: image.height },
    width,
    height,
    window: {
      left: roundHalfToEven((width - output.width) / 2),
      top: roundHalfToEven((height - output.height) / 2),
      width: output.width,
      height: output.height,
    },
  };
}

/** Share of the resized image's side that the crop keeps. */
export function cropShare({ width, height }: Size): number {
  return Math.max(width, height) <= 224 ? 224 / 256 : 1;
}

/** Python's `round`: 0.5 to 0, 1.5 to 2, 2.5 to 2. */
export function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const fraction = value - below;
  if (fraction !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
