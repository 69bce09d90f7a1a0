/**
 * Adaptive training sample selection: an object takes of the anchors nearest to its centre those
 * that overlap it more than they usually do.
 *
 * Source: Zhang et al. 2020 (ATSS), arXiv:1912.02424, section 3.3.
 */
import { cat, fullLike, type Tensor, where, zerosLike } from '@um-mae/torch';
import { sidesOf } from '../boxes/corners.js';
import { centresOf } from '../boxes/distances.js';
import { pairOverlaps } from '../boxes/overlap.js';
import type { Assignment } from './assignment.js';

export interface AtssOptions {
  /** Anchors of each level, one after the other. */
  readonly levels: readonly number[];
  /** Candidates of an object on each level. Default 9. */
  readonly candidates?: number;
}

/** The least distance from the sides of an object to the centre of its anchors, in pixels. */
const margin = 0.01;

/** @param anchors [anchors, 4] @param objects [objects, 4] */
export function assignAtss(anchors: Tensor, objects: Tensor, options: AtssOptions): Assignment {
  const [count] = anchors.sizes(2);
  const [there] = objects.sizes(2);
  if (there === 0 || count === 0) {
    const zero = zerosLike(anchors.select(1, 0));
    return { assigned: zero.to('i64'), overlaps: zero };
  }
  const overlaps = pairOverlaps(anchors, objects);
  const candidates = nearest(anchors, objects, options);
  const own = overlaps.gather(0, candidates);
  const threshold = own.mean([0]).add(own.std([0]));
  const inside = centreInside(anchors, objects).gather(0, candidates);
  const positive = own.ge(threshold).logicalAnd(inside);
  const least = fullLike(overlaps, -1);
  // Of several objects that claim an anchor, that of the largest overlap takes it.
  const claimed = least.scatter_(0, candidates, where(positive, own, fullLike(own, -1)));
  const best = claimed.amax({ dim: [1] });
  const object = claimed.argmax({ dim: 1 });
  return { assigned: object.add(1).mul(best.ge(0)), overlaps: best };
}

/** The places of the anchors nearest to each object. @returns [candidates, objects] i64 */
function nearest(
  anchors: Tensor,
  objects: Tensor,
  { levels, candidates = 9 }: AtssOptions,
): Tensor {
  const apart = centresOf(anchors).unsqueeze(1).sub(centresOf(objects).unsqueeze(0));
  const distances = apart.square().sum([-1]).sqrt();
  let first = 0;
  const places = levels.flatMap((count) => {
    const own = distances.narrow(0, first, count);
    const [, order] = own.topk(Math.min(candidates, count), { dim: 0, largest: false });
    const found = order.add(first);
    first += count;
    return count > 0 ? [found] : [];
  });
  return cat(places);
}

/** @returns bool [anchors, objects] */
function centreInside(anchors: Tensor, objects: Tensor): Tensor {
  const [x = anchors, y = anchors] = centresOf(anchors).unsqueeze(1).unbind({ dim: -1 });
  const { left, top, right, bottom } = sidesOf(objects.unsqueeze(0));
  const nearestSide = x
    .sub(left)
    .minimum(right.sub(x))
    .minimum(y.sub(top).minimum(bottom.sub(y)));
  return nearestSide.gt(margin);
}
