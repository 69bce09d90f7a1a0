/** The losses of region proposals, for every level. */
import { binaryCrossEntropyWithLogits, cat, fullLike, type Tensor, zeros } from '@um-mae/torch';
import { type Divisor, ownDivisor, reductions } from '@um-mae/torch/nn';
import { assignMaxOverlap } from '../../assignment/max-overlap.js';
import { type Sampler, type SampleSize, sample } from '../../assignment/sampling.js';
import { sidesOf } from '../../boxes/corners.js';
import { encodeDeltas } from '../../boxes/deltas.js';
import { smoothL1 } from '../../losses/regression.js';
import type { ImageObjects } from '../image-objects.js';
import { anchorRows, type PyramidAnchors, validByLevel } from '../pyramid/pyramid-anchors.js';
import type { RpnPredictions } from './rpn-head.js';

export interface RpnLossOptions {
  readonly sampler: Sampler;
  /** Default 256 anchors of an image, half of them positive. */
  readonly size?: SampleSize;
  /** Whether anchors that leave the picture take no part, as in cascades. Default false. */
  readonly insideOnly?: boolean;
  /** The difference from which on smooth L1 is straight; 0 is plain L1. Default 0. */
  readonly beta?: number;
  /** Divides sums over anchors by their number. Default: by that of this batch. */
  readonly divisor?: Divisor | undefined;
}

/** The losses of each level, [levels]. */
export interface RpnLosses {
  readonly classification: Tensor;
  readonly boxes: Tensor;
}

/** Anchors of an image that were drawn for training. */
export interface RpnSamples {
  /** [positives] and [negatives] i64, among all anchors */
  readonly positive: Tensor;
  readonly negative: Tensor;
  /** [positives] i64 */
  readonly objects: Tensor;
  /** The number of anchors that take part. */
  readonly considered: number;
}

/** The deviations of the deltas of proposals. */
export const proposalDeviations = [1, 1, 1, 1] as const;

const rule = { positive: 0.7, negative: 0.3, leastOfBest: 0.3 };

/** Assigns anchors to the objects of an image, and draws some of them. */
export function sampleAnchors(
  anchors: PyramidAnchors,
  image: ImageObjects,
  options: RpnLossOptions,
): RpnSamples {
  const { sampler, size = { count: 256, positiveShare: 0.5 }, insideOnly = false } = options;
  const reached = cat(validByLevel(anchors, image.padded)).to(anchors.boxes.device);
  const taking = insideOnly ? reached.logicalAnd(insidePicture(anchors.boxes, image)) : reached;
  const places = taking.nonzero().flatten();
  const found = assignMaxOverlap(anchors.boxes.indexSelect(0, places), image.boxes, rule);
  const assigned = fullLike(anchors.levels, -1).indexPut_([places], found.assigned);
  const { positive, negative } = sample({ assigned }, size, sampler);
  const objects = assigned.indexSelect(0, positive).sub(1);
  return { positive, negative, objects, considered: places.elements };
}

function insidePicture(boxes: Tensor, { size }: ImageObjects): Tensor {
  const { left, top, right, bottom } = sidesOf(boxes);
  return left
    .ge(0)
    .logicalAnd(top.ge(0))
    .logicalAnd(right.lt(size.width))
    .logicalAnd(bottom.lt(size.height));
}

export function rpnLosses(
  { scores, deltas }: RpnPredictions,
  anchors: PyramidAnchors,
  images: readonly ImageObjects[],
  options: RpnLossOptions,
): RpnLosses {
  const { beta = 0, sampler, divisor = ownDivisor } = options;
  const { ofPlace } = anchors;
  const [logits, moves] = [anchorRows(scores, ofPlace), anchorRows(deltas, ofPlace)];
  const samples = images.map((image, i) => {
    return sampleAnchors(anchors, image, { ...options, sampler: sampler.ofImage?.(i) ?? sampler });
  });
  const counted = samples.reduce((sum, { positive, negative }) => {
    return sum + Math.max(positive.elements, 1) + Math.max(negative.elements, 1);
  }, 0);
  const whole = divisor.ofNumber(counted);
  const byLevel = (values: Tensor, places: Tensor) => {
    const levels = anchors.levels.indexSelect(0, places);
    const none = zeros([anchors.grids.length], { device: values.device });
    return none.scatterAdd(0, levels, values);
  };
  const terms = samples.map(({ positive, negative, objects }, i) => {
    const places = cat([positive, negative]);
    const own = logits.select(0, i).squeeze(1).indexSelect(0, places);
    const goals = places.mul(0).to(own.dtype);
    goals.slice({ end: positive.elements }).fill_(1);
    const entropy = binaryCrossEntropyWithLogits(own, goals, { reduction: reductions.none });
    const from = anchors.boxes.indexSelect(0, positive);
    const objectBoxes = (images[i] as ImageObjects).boxes.indexSelect(0, objects);
    const targets = encodeDeltas(from, objectBoxes, proposalDeviations);
    const moved = moves.select(0, i).indexSelect(0, positive);
    return {
      classification: byLevel(entropy, places),
      boxes: byLevel(smoothL1(moved, targets, beta).sum([1]), positive),
    };
  });
  const mean = (part: (term: RpnLosses) => Tensor) =>
    terms
      .map(part)
      .reduce((sum, term) => sum.add(term))
      .div(whole);
  return { classification: mean((term) => term.classification), boxes: mean((term) => term.boxes) };
}
