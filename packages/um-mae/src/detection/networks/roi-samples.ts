/** Regions that the heads of a detector learn by. */
import { arange, cat, fullLike, type Tensor } from '@um-mae/torch';
import { assignMaxOverlap, type MaxOverlapOptions } from '../assignment/max-overlap.js';
import { type Sampler, type SampleSize, sample } from '../assignment/sampling.js';
import type { ImageObjects } from './image-objects.js';

export interface RoiSampleOptions {
  readonly sampler: Sampler;
  readonly classes: number;
  /** Default half the overlap, ties to every object. */
  readonly rule?: MaxOverlapOptions;
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
}

/** The rule of Mask R-CNN's heads. */
const half: MaxOverlapOptions = { positive: 0.5, negative: 0.5, leastOfBest: 0.5 };

/** @param proposals [count, 4]; the objects themselves are put in front of them */
export function sampleRois(
  proposals: Tensor,
  image: ImageObjects,
  { sampler, classes, rule = half, size = { count: 512, positiveShare: 0.25 } }: RoiSampleOptions,
): RoiSamples {
  const [there] = image.boxes.sizes(2);
  const own = arange(1, there + 1, { dtype: 'i64', device: proposals.device });
  const { assigned: others } = assignMaxOverlap(proposals, image.boxes, rule);
  const assigned = cat([own, others]);
  const { positive, negative } = sample({ assigned }, size, sampler);
  const objects = assigned.indexSelect(0, positive).sub(1);
  return {
    boxes: cat([image.boxes, proposals]).indexSelect(0, cat([positive, negative])),
    labels: cat([image.labels.indexSelect(0, objects), fullLike(negative, classes)]),
    objects,
  };
}
