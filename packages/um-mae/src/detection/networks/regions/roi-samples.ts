/** Regions that the heads of a detector learn by. */
import { arange, cat, fullLike, type Tensor } from '@um-mae/torch';
import { assignMaxOverlap, type MaxOverlapOptions } from '../../assignment/max-overlap.js';
import { type Sampler, type SampleSize, sample } from '../../assignment/sampling.js';
import type { ImageObjects } from '../image-objects.js';

export interface RoiSampleOptions {
  readonly sampler: Sampler;
  readonly classes: number;
  readonly rule: MaxOverlapOptions;
  /** Default 512 regions of an image, a quarter of them positive. */
  readonly size?: SampleSize;
}

/** The regions drawn of one image, positives first. */
export interface RoiSamples {
  /** [count, 4] */
  readonly boxes: Tensor;
  /** [count] i64: the class, or the number of classes for background */
  readonly labels: Tensor;
  /** [positives] i64: the object of each positive */
  readonly objects: Tensor;
  /** [count] i64: the place of each among the objects of the image and the proposals behind them */
  readonly places: Tensor;
}

/** @param proposals [count, 4]; the objects themselves are put in front of them */
export function sampleRois(
  proposals: Tensor,
  image: ImageObjects,
  { sampler, classes, rule, size = { count: 512, positiveShare: 0.25 } }: RoiSampleOptions,
): RoiSamples {
  const [there] = image.boxes.sizes(2);
  const own = arange(1, there + 1, { dtype: 'i64', device: proposals.device });
  const { assigned: others } = assignMaxOverlap(proposals, image.boxes, rule);
  const assigned = cat([own, others]);
  const { positive, negative } = sample({ assigned }, size, sampler);
  const objects = assigned.indexSelect(0, positive).sub(1);
  const places = cat([positive, negative]);
  return {
    boxes: cat([image.boxes, proposals]).indexSelect(0, places),
    labels: cat([image.labels.indexSelect(0, objects), fullLike(negative, classes)]),
    objects,
    places,
  };
}
