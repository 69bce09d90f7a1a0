/**
 * Mixup and cutmix: every image of a batch is blended with a partner, or gets a rectangle of it,
 * and so do its targets. The partner of image i is image `batch - 1 - i`, and the middle one of an
 * odd batch its own.
 *
 * Source: Zhang et al. 2018, arXiv:1710.09412; Yun et al. 2019, arXiv:1905.04899; one draw per
 * batch, as UM-MAE's fine-tuning does it.
 */
import { scope, slice, type Tensor, zeros } from '@um-mae/torch';
import { randomBeta } from '../../images/augmentation/distributions.js';
import type { Box, Size } from '../../images/geometry/resize.js';
import { type Random, randomInteger } from '../../random.js';

/** The number and size of the images of a batch, which random draws for it depend on. */
export interface BatchShape extends Size {
  readonly images: number;
}

/** Strength and frequency of mixup and cutmix. The published values are mixup 0.8 and cutmix 1. */
export interface MixingOptions {
  /** Parameter of the Beta distribution that mixup draws its lambda from; 0: no mixup. */
  readonly mixup: number;
  /** The parameter of the Beta distribution of cutmix; 0: no cutmix. */
  readonly cutmix: number;
  /** Share of the batches that are mixed. Default 1. */
  readonly probability?: number;
  /** Share of the mixed batches that get cutmix when both are on. Default 0.5. */
  readonly cutmixShare?: number;
}

/** One random draw of mixup or cutmix, used for a whole batch. */
export interface Mixing {
  /** Share that an image keeps of itself, 0 to 1, and of its label. */
  readonly lambda: number;
  /** The rectangle that cutmix pastes from the partner. Without it, mixup blends whole images. */
  readonly box?: Box;
}

/** Draws the mixing of one batch. A lambda of 1 without a box leaves the batch as it is. */
export function drawMixing(options: MixingOptions, batch: BatchShape, random: Random): Mixing {
  const { mixup, cutmix, probability = 1, cutmixShare = 0.5 } = options;
  if (random() >= probability || Math.max(mixup, cutmix) === 0) return { lambda: 1 };
  const isCut = mixup > 0 && cutmix > 0 ? random() < cutmixShare : cutmix > 0;
  const lambda = randomBeta(random, isCut ? cutmix : mixup);
  if (!isCut) return { lambda };
  const row = randomInteger(random, batch.height);
  const column = randomInteger(random, batch.width);
  return pasteAround({ row, column }, lambda, batch);
}

/**
 * Cutmix of a box whose area is 1 - `lambda` of the image, but for rounding (an odd side loses a
 * pixel) and for what lies beyond the image. The lambda of the result is that of the true area.
 */
export function pasteAround(
  centre: { readonly row: number; readonly column: number },
  lambda: number,
  { height, width }: Size,
): Mixing {
  const side = Math.sqrt(1 - lambda);
  const [top, bottom] = ends(centre.row, Math.trunc(height * side), height);
  const [left, right] = ends(centre.column, Math.trunc(width * side), width);
  const box = { top, left, height: bottom - top, width: right - left };
  return { lambda: 1 - (box.height * box.width) / (height * width), box };
}

function ends(centre: number, side: number, limit: number): [number, number] {
  const half = Math.floor(side / 2);
  return [Math.max(0, centre - half), Math.min(limit, centre + half)];
}

/**
 * @param images [batch, channels, height, width]
 * @returns a tensor of its own, of the same shape
 */
export function mixImages(images: Tensor, { lambda, box }: Mixing): Tensor {
  images.sizes(4);
  return scope(() => {
    if (!box) return images.mul(lambda).add(images.flip([0]).mul(1 - lambda));
    const { top, left, height, width } = box;
    const place = [':', ':', slice(top, top + height), slice(left, left + width)] as const;
    return images.clone().put(place, images.at(...place).flip([0]));
  });
}

/** Options of `softTargets`. */
export interface SoftTargetOptions {
  readonly classes: number;
  /** Share of the label that is spread evenly over all classes. */
  readonly smoothing: number;
  /** The mixing that the images went through, if any. */
  readonly mixing?: Mixing | undefined;
}

/**
 * Computes the target distributions of the loss: labels, smoothed, and shared with the partner's
 * label as the images were mixed.
 *
 * @param labels [batch], i64, 0 ... `classes` - 1
 * @returns f32 [batch, classes], every row sums to 1
 */
export function softTargets(labels: Tensor, options: SoftTargetOptions): Tensor {
  const { classes, smoothing, mixing = { lambda: 1 } } = options;
  const [images] = labels.sizes(1);
  return scope(() => {
    const hard = zeros([images, classes], { device: labels.device });
    hard.scatter_(1, labels.unsqueeze(1), 1);
    const shared = hard.mul(mixing.lambda).add(hard.flip([0]).mul(1 - mixing.lambda));
    return shared.mul(1 - smoothing).add(smoothing / classes);
  });
}
