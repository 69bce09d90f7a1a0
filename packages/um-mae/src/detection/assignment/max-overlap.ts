/**
 * Assignment by the largest overlap: an anchor is of the object that it overlaps most.
 *
 * Source: Ren et al. 2015 (Faster R-CNN), arXiv:1506.01497, section 3.1.2.
 */
import { arange, fullLike, type Tensor, where } from '@um-mae/torch';
import { pairOverlaps } from '../boxes/overlap.js';
import type { Assignment } from './assignment.js';

export interface MaxOverlapOptions {
  /** An anchor finds its object from this overlap on. */
  readonly positive: number;
  /** It is background below; in between it is neither. */
  readonly negative: number;
  /**
   * With it, every object that some anchor overlaps as much takes all anchors that overlap it most,
   * in the order of objects.
   */
  readonly leastOfBest?: number | undefined;
  /** Boxes whose anchors are neither: those of which they have more than `ignoredShare` in them. */
  readonly ignored?: Tensor | undefined;
  /** Default 0.5. */
  readonly ignoredShare?: number;
}

/** @param anchors [anchors, 4] @param objects [objects, 4] */
export function assignMaxOverlap(
  anchors: Tensor,
  objects: Tensor,
  options: MaxOverlapOptions,
): Assignment {
  const [there] = objects.sizes(2);
  const zero = anchors.select(1, 0).mul(0);
  if (there === 0) return { assigned: zero.to('i64'), overlaps: zero };
  const overlaps = pairOverlaps(anchors, objects);
  const covered = inIgnored(anchors, options);
  const counted = covered ? overlaps.maskedFill(covered.unsqueeze(1), -1) : overlaps;
  const best = counted.amax({ dim: [1] });
  const object = counted.argmax({ dim: 1 }).add(1);
  const isBackground = best.ge(0).logicalAnd(best.lt(options.negative));
  const neither = fullLike(object, -1);
  const rest = where(isBackground, neither.add(1), neither);
  const assigned = where(best.ge(options.positive), object, rest);
  return { assigned: withBest(assigned, counted, options.leastOfBest), overlaps: best };
}

/**
 * Gives every object the anchors that overlap it most; the later of two objects takes an anchor.
 */
function withBest(assigned: Tensor, overlaps: Tensor, least: number | undefined): Tensor {
  if (least === undefined || assigned.elements === 0) return assigned;
  const most = overlaps.amax({ dim: [0] });
  const [, count] = overlaps.sizes(2);
  const isBest = overlaps.eq(most).logicalAnd(most.ge(least));
  const objects = arange(1, count + 1, { dtype: 'i64', device: overlaps.device });
  const latest = isBest.mul(objects).amax({ dim: [1] });
  return where(latest.gt(0), latest, assigned);
}

/** @returns bool [anchors], or nothing where no box is ignored */
function inIgnored(anchors: Tensor, { ignored, ignoredShare = 0.5 }: MaxOverlapOptions) {
  if (!ignored || ignored.elements === 0) return undefined;
  return pairOverlaps(anchors, ignored, { kind: 'first' })
    .amax({ dim: [1] })
    .gt(ignoredShare);
}
