/**
 * Overlaps of boxes: intersection over union, over the first box, and generalised.
 *
 * Source: Rezatofighi et al. 2019 (GIoU), arXiv:1902.09630.
 */
import type { Tensor } from '@um-mae/torch';
import { type Sides, sidesOf } from './corners.js';

/** The number that says how much two boxes overlap. */
export type OverlapKind = 'union' | 'first' | 'generalised';

export interface OverlapOptions {
  /** Default 'union'. */
  readonly kind?: OverlapKind;
  /** The least that is divided by, in square pixels. Default 1e-6. */
  readonly epsilon?: number;
}

/** Overlaps of every box with every other one. @returns [a, b] of boxes [a, 4] and [b, 4] */
export function pairOverlaps(a: Tensor, b: Tensor, options: OverlapOptions = {}): Tensor {
  return overlaps(sidesOf(a.unsqueeze(1)), sidesOf(b.unsqueeze(0)), options);
}

/** Overlaps of each box with that of the same place. @returns [count] of boxes [count, 4] */
export function alignedOverlaps(a: Tensor, b: Tensor, options: OverlapOptions = {}): Tensor {
  return overlaps(sidesOf(a), sidesOf(b), options);
}

function overlaps(a: Sides, b: Sides, { kind = 'union', epsilon = 1e-6 }: OverlapOptions): Tensor {
  const width = a.right.minimum(b.right).sub(a.left.maximum(b.left)).clamp({ min: 0 });
  const height = a.bottom.minimum(b.bottom).sub(a.top.maximum(b.top)).clamp({ min: 0 });
  const shared = width.mul(height);
  if (kind === 'first') return shared.div(area(a).clamp({ min: epsilon }));
  const union = area(a).add(area(b)).sub(shared).clamp({ min: epsilon });
  const overlap = shared.div(union);
  if (kind === 'union') return overlap;
  const hullWidth = a.right.maximum(b.right).sub(a.left.minimum(b.left));
  const hullHeight = a.bottom.maximum(b.bottom).sub(a.top.minimum(b.top));
  const hull = hullWidth
    .clamp({ min: 0 })
    .mul(hullHeight.clamp({ min: 0 }))
    .clamp({ min: epsilon });
  return overlap.sub(hull.sub(union).div(hull));
}

/** Signed: a box with two negative sides has a positive area. */
function area({ left, top, right, bottom }: Sides): Tensor {
  return right.sub(left).mul(bottom.sub(top));
}
