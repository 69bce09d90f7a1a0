/** Regions that torchvision's heads learn by, and what they learn of them. */
import { cat, type Tensor } from '@um-mae/torch';
import { matchPlainly } from '../../assignment/plain-matcher.js';
import { type Sampler, type SampleSize, sample } from '../../assignment/sampling.js';
import type { PictureSize } from '../../boxes/corners.js';
import { type Deviations, encodeDeltas } from '../../boxes/deltas.js';
import { softMaskTargets } from '../../masks/targets.js';

/** A resized picture of a batch with its objects. */
export interface PlainImage {
  readonly size: PictureSize;
  /** [objects, 4] */
  readonly boxes: Tensor;
  /** [objects] i64, from 1 */
  readonly labels: Tensor;
  /** [objects, height, width] of the resized picture, 0 or 1 */
  readonly masks: Tensor;
}

/** Regions of an image for the heads. */
export interface PlainRegions {
  /** [regions, 4] */
  readonly boxes: Tensor;
  /** [regions] i64, 0 for background */
  readonly labels: Tensor;
  /** [regions] i64: the object of each region, 0 for background that overlaps none */
  readonly objects: Tensor;
}

/** The deviations of the deltas of boxes. */
export const plainDeviations: Deviations = [0.1, 0.1, 0.2, 0.2];

/**
 * Draws regions of an image.
 *
 * @param proposals [count, 4]; the objects themselves are put after them
 */
export function plainRegions(
  proposals: Tensor,
  image: PlainImage,
  { sampler, size }: { readonly sampler: Sampler; readonly size: SampleSize },
): PlainRegions {
  const all = cat([proposals, image.boxes]);
  const rule = { positive: 0.5, negative: 0.5, keepsBest: false };
  const matched = matchPlainly(all, image.boxes, rule);
  const drawn = sample({ assigned: matched.add(1) }, size, sampler);
  const [places] = cat([drawn.positive, drawn.negative]).sort();
  const own = matched.indexSelect(0, places);
  const objects = own.clamp({ min: 0 });
  const labels = image.labels.indexSelect(0, objects).mul(own.ge(0));
  return { boxes: all.indexSelect(0, places), labels, objects };
}

/** The regions of an image that are none of background. */
export function positiveRegions({ boxes, labels, objects }: PlainRegions): PlainRegions {
  const places = labels.gt(0).nonzero().flatten();
  const take = (values: Tensor) => values.indexSelect(0, places);
  return { boxes: take(boxes), labels: take(labels), objects: take(objects) };
}

/** The deltas from all regions of an image to their objects, [regions, 4]. */
export function plainBoxTargets({ boxes, objects }: PlainRegions, image: PlainImage): Tensor {
  return encodeDeltas(boxes, image.boxes.indexSelect(0, objects), plainDeviations);
}

/** The soft bitmaps of objects in the positive regions of an image, [positives, side, side]. */
export function plainMaskTargets(positive: PlainRegions, image: PlainImage, side: number): Tensor {
  return softMaskTargets(image.masks, positive.boxes, { side, objects: positive.objects });
}
