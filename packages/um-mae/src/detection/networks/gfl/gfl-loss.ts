/**
 * The losses of a GFL head, for every level.
 *
 * Source: Li et al. 2020 (GFL), arXiv:2006.04388, and its published training.
 */
import { arange, cat, noGrad, stack, type Tensor, zeros, zerosLike } from '@um-mae/torch';
import { ownDivisor } from '@um-mae/torch/nn';
import { at } from '../../../at.js';
import { assignAtss } from '../../assignment/atss.js';
import { centresOf, decodeDistances, encodeDistances } from '../../boxes/distances.js';
import { alignedOverlaps } from '../../boxes/overlap.js';
import { distributionFocalLoss, qualityFocalLoss } from '../../losses/focal.js';
import { giouLoss } from '../../losses/regression.js';
import type { ImageObjects } from '../image-objects.js';
import { anchorRows, type PyramidAnchors, validByLevel } from '../pyramid/pyramid-anchors.js';
import type { GflPredictions } from './gfl-head.js';

const boxWeight = 2;
const distributionWeight = 0.25;

/** The objects that the anchors of a batch have to find. */
export interface GflTargets {
  /** [batch, anchors] i64: the class, or the number of classes for background */
  readonly labels: Tensor;
  /** bool [batch, anchors]: whether the image reaches the anchor */
  readonly valid: Tensor;
  /** [batch, anchors, 4]: the object of a positive anchor, else 0 */
  readonly boxes: Tensor;
}

/** The losses of each level, [levels]. */
export interface GflLosses {
  readonly classification: Tensor;
  readonly boxes: Tensor;
  readonly distribution: Tensor;
}

export function gflTargets(
  anchors: PyramidAnchors,
  images: readonly ImageObjects[],
  classes: number,
): GflTargets {
  const { boxes } = anchors;
  const targets = images.map((image) => {
    const masks = validByLevel(anchors, image.padded);
    const valid = cat(masks).to(boxes.device);
    const places = valid.nonzero().flatten();
    const levels = masks.map((mask) => mask.sum().number());
    const { assigned } = assignAtss(boxes.indexSelect(0, places), image.boxes, { levels });
    const isPositive = assigned.gt(0);
    const positive = places.maskedSelect(isPositive);
    const objects = assigned.maskedSelect(isPositive).sub(1);
    const background = zerosLike(valid).to('i64').add(classes);
    const labels = background.indexPut_([positive], image.labels.indexSelect(0, objects));
    const own = zerosLike(boxes).indexPut_([positive], image.boxes.indexSelect(0, objects));
    return { labels, valid, boxes: own };
  });
  return {
    labels: stack(targets.map(({ labels }) => labels)),
    valid: stack(targets.map(({ valid }) => valid)),
    boxes: stack(targets.map(({ boxes: own }) => own)),
  };
}

/** @param divisor divides sums over anchors by counts; default: by those of this batch */
export function gflLosses(
  predictions: GflPredictions,
  anchors: PyramidAnchors,
  targets: GflTargets,
  divisor = ownDivisor,
): GflLosses {
  const logits = anchorRows(predictions.scores, 1);
  const [batch, count, classes] = logits.sizes(3);
  const places = targets.labels.lt(classes).flatten().nonzero().flatten();
  const labels = targets.labels.flatten().indexSelect(0, places);
  const scores = logits.view([-1, classes]);
  const own = positivesOf(predictions, anchors, targets, places);
  const weights = noGrad(() =>
    scores
      .detach()
      .indexSelect(0, places)
      .sigmoid()
      .amax({ dim: [1] }),
  );
  const quality = alignedOverlaps(own.boxes.detach(), own.objects);
  const goals = zerosLike(scores).indexPut_([places, labels], quality);
  const levels = anchors.levels.expand([batch, count]).flatten();
  const byLevel = (values: Tensor, level: Tensor) =>
    zeros([anchors.grids.length], { device: values.device }).scatterAdd(0, level, values);
  const positives = divisor.ofTensor(targets.labels.lt(classes).sum([1]).clamp({ min: 1 }).sum());
  const focal = qualityFocalLoss(scores, goals).mul(targets.valid.flatten());
  const level = levels.indexSelect(0, places);
  const total = divisor.ofTensor(weights.sum());
  const giou = giouLoss(own.boxes, own.objects).mul(weights);
  const entropy = distributionFocalLoss(own.logits, own.goals.flatten()).view([-1, 4]).mean([1]);
  return {
    classification: byLevel(focal, levels).div(positives),
    boxes: byLevel(giou, level).mul(boxWeight).div(total),
    distribution: byLevel(entropy.mul(weights), level).mul(distributionWeight).div(total),
  };
}

/** The boxes of positive anchors and their objects, in strides of their levels. */
function positivesOf(
  { distances }: GflPredictions,
  { boxes, strides }: PyramidAnchors,
  targets: GflTargets,
  places: Tensor,
) {
  const logits = anchorRows(distances, 1);
  const [batch, count, channels] = logits.sizes(3);
  const bins = channels / 4;
  const stride = strides.expand([batch, count]).flatten().indexSelect(0, places).unsqueeze(1);
  const centres = centresOf(boxes).expand([batch, count, 2]).reshape([-1, 2]);
  const points = centres.indexSelect(0, places).div(stride);
  const objects = targets.boxes.view([-1, 4]).indexSelect(0, places).div(stride);
  const own = logits.view([-1, channels]).indexSelect(0, places).view([-1, bins]);
  const expected = expectedBin(own).view([-1, 4]);
  return {
    objects,
    boxes: decodeDistances(points, expected),
    logits: own,
    // Below the last bin, so that there is one above.
    goals: encodeDistances(points, objects, bins - 1 - 0.1),
  };
}

/** The mean bin of each distribution. @param logits [..., bins] @returns [...] */
export function expectedBin(logits: Tensor): Tensor {
  const bins = arange(0, at(logits.shape, -1), { dtype: logits.dtype, device: logits.device });
  return logits.softmax(-1).mul(bins).sum([-1]);
}
