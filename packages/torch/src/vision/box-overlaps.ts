import type { Tensor } from '../tensor/tensor.js';

/**
 * Areas of boxes `x1, y1, x2, y2`, negative where one side alone is.
 *
 * @param boxes [..., 4] @returns [...]
 */
export function boxAreas(boxes: Tensor): Tensor {
  const [left, top, right, bottom] = sides(boxes);
  return right.sub(left).mul(bottom.sub(top));
}

/**
 * The area that every box shares with every other one.
 *
 * @returns [a, b] of boxes [a, 4] and [b, 4]
 */
export function boxIntersections(a: Tensor, b: Tensor): Tensor {
  const [left, top, right, bottom] = sides(a.unsqueeze(1));
  const [otherLeft, otherTop, otherRight, otherBottom] = sides(b.unsqueeze(0));
  const width = right.minimum(otherRight).sub(left.maximum(otherLeft)).clamp({ min: 0 });
  const height = bottom.minimum(otherBottom).sub(top.maximum(otherTop)).clamp({ min: 0 });
  return width.mul(height);
}

/**
 * Intersection over union of every box with every other one; not a number for two boxes without
 * area.
 *
 * @returns [a, b] of boxes [a, 4] and [b, 4]
 */
export function boxOverlaps(a: Tensor, b: Tensor): Tensor {
  const shared = boxIntersections(a, b);
  return shared.div(boxAreas(a).unsqueeze(1).add(boxAreas(b)).sub(shared));
}

function sides(boxes: Tensor): [left: Tensor, top: Tensor, right: Tensor, bottom: Tensor] {
  return boxes.unbind({ dim: -1 }) as [Tensor, Tensor, Tensor, Tensor];
}
