/**
 * The training view of segmentation: an image at a random scale, a part of that in which not one
 * class is nearly all, perhaps mirrored.
 *
 * Source: mmsegmentation 0.11, `Resize`, `RandomCrop` and `RandomFlip`, in their order of draws.
 */

import type { Geometry } from '../../../images/geometry/geometry.js';
import { type Resampling, type Scale, scaledSize } from '../../../images/geometry/resampling.js';
import type { Sampling, Size } from '../../../images/geometry/resize.js';
import {
  type ClassMap,
  ignoredClass,
  type NearestRule,
  shownPlaces,
} from '../../../images/masks/class-map.js';
import { type Random, randomBetween, randomInteger } from '../../../random.js';

/** The ranges that training views are drawn from. */
export interface ScaledCropOptions {
  /** The size of images before `ratios`. */
  readonly scale: Scale;
  /** Smallest and largest factor of the scale. */
  readonly ratios: readonly [number, number];
  /** The share of the labelled pixels that one class may have less than; 1: any. */
  readonly largestShare: number;
  /** Probability of mirroring left to right. */
  readonly flip: number;
  /** Whether brightness, contrast, saturation and hue change. */
  readonly distortion: boolean;
  /** The way to resize images, and with `opencv` class maps, too. */
  readonly resampling: Resampling;
}

/** Places that are tried before one is taken whatever it shows. */
const attempts = 10;

/** The geometry of a view; smaller than `output` where the scaled image is. */
export function drawScaledCrop(
  image: Size,
  options: ScaledCropOptions,
  request: {
    readonly output: Size;
    readonly classMap: ClassMap | undefined;
    readonly random: Random;
  },
): Geometry {
  const { output, classMap, random } = request;
  const ratio = randomBetween(random, ...options.ratios);
  const { long, short } = options.scale;
  const size = scaledSize(image, {
    long: Math.trunc(long * ratio),
    short: Math.trunc(short * ratio),
  });
  const place = (): Sampling => {
    const top = randomInteger(random, Math.max(size.height - output.height, 0) + 1);
    const left = randomInteger(random, Math.max(size.width - output.width, 0) + 1);
    const width = Math.min(size.width, output.width);
    const height = Math.min(size.height, output.height);
    const source = { left: 0, top: 0, width: image.width, height: image.height };
    return { source, ...size, window: { left, top, width, height } };
  };
  const rule = nearestRule(options.resampling);
  let sampling = place();
  if (classMap && options.largestShare < 1) {
    for (let tried = 0; tried < attempts; tried++) {
      if (isMixed(classMap, sampling, { rule, largestShare: options.largestShare })) break;
      sampling = place();
    }
  }
  return { sampling, mirrored: random() < options.flip };
}

/** The rule for class maps beside images that are resized in a way. */
export function nearestRule(resampling: Resampling): NearestRule {
  return resampling === 'opencv' ? 'corner' : 'centre';
}

/**
 * Whether a part shows several classes, none of which has `largestShare` of the labelled pixels.
 */
export function isMixed(
  { data, width }: ClassMap,
  sampling: Sampling,
  { rule, largestShare }: { readonly rule: NearestRule; readonly largestShare: number },
): boolean {
  const { columns, rows } = shownPlaces(sampling, rule);
  const pixels = new Map<number, number>();
  for (const row of rows) {
    let run = 0;
    let last = ignoredClass;
    for (let i = 0; i < columns.length; i++) {
      const found = data[row * width + (columns[i] as number)] as number;
      if (found !== last) {
        pixels.set(last, (pixels.get(last) ?? 0) + run);
        run = 0;
        last = found;
      }
      run++;
    }
    pixels.set(last, (pixels.get(last) ?? 0) + run);
  }
  pixels.delete(ignoredClass);
  const counts = [...pixels.values()];
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.length > 1 && Math.max(...counts) < largestShare * total;
}
