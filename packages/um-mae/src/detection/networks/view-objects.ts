/**
 * The objects of an image that a detector has seen in several views: at several scales, and
 * mirrored.
 *
 * The boxes of all views, in pixels of the original, suppress each other as those of one view do.
 * The mask of an object is the mean of those that every view has of its box. Published CBNetV2
 * averages boxes and scores of the same proposals instead (Liang et al. 2021, arXiv:2107.00420),
 * which detectors without proposals do not have.
 */
import { cat, type Tensor } from '@um-mae/torch';
import { at } from '../../at.js';
import { bestBoxes, type Detections, type SuppressionOptions } from '../boxes/class-boxes.js';
import { boxesOf, sidesOf } from '../boxes/corners.js';
import type { Detector, ShownPicture } from './detector.js';

/** A view of an image, and what the network made of it. */
export interface SeenView<Features> {
  readonly features: Features;
  readonly picture: ShownPicture;
  /** Whether the picture was mirrored left to right. */
  readonly mirrored: boolean;
}

/** Boxes of a view that are put together with those of others, by their scores. */
const mostOfView = 1000;

/** The best boxes of all views. */
export function findInViews<Features>(
  model: Detector<Features>,
  views: readonly SeenView<Features>[],
  options: SuppressionOptions,
): Detections {
  // No overlap is greater than 1.
  const all = { most: mostOfView, suppression: { threshold: 1 } };
  const found = views.map(({ features, picture, mirrored }): Detections => {
    const own = model.find(features, picture, all);
    return mirrored ? mirroredIn(own, picture) : own;
  });
  const joined = (part: (one: Detections) => Tensor) => cat(found.map(part));
  const together = {
    boxes: joined(({ boxes }) => boxes),
    scores: joined(({ scores }) => scores),
    labels: joined(({ labels }) => labels),
  };
  return bestBoxes(together, options);
}

/** Probabilities of masks [found, rows, columns] of boxes, which views agree on. */
export function masksInViews<Features>(
  model: Detector<Features>,
  views: readonly SeenView<Features>[],
  found: Detections,
): Tensor | undefined {
  const masks = views.flatMap(({ features, picture, mirrored }) => {
    const own = mirrored ? mirroredIn(found, picture) : found;
    const told = model.masks?.(features, own, picture);
    return told ? [mirrored ? told.flip([2]) : told] : [];
  });
  if (masks.length === 0) return undefined;
  return masks
    .slice(1)
    .reduce((sum, mask) => sum.add(mask), at(masks, 0))
    .div(masks.length);
}

/** The same objects in the mirrored picture. */
function mirroredIn({ boxes, ...others }: Detections, { original }: ShownPicture): Detections {
  const { left, top, right, bottom } = sidesOf(boxes);
  const turned = (side: Tensor) => side.neg().add(original.width);
  return {
    ...others,
    boxes: boxesOf({ left: turned(right), top, right: turned(left), bottom }),
  };
}
