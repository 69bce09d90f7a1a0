/** Non-maximum suppression: of boxes that overlap, the best stays. */
import { onesLike } from '../generated/operators.js';
import { hasKernel } from '../tensor/kernels.js';
import { callOperator } from '../tensor/operator.js';
import type { Tensor } from '../tensor/tensor.js';
import { boxOverlaps } from './box-overlaps.js';

export interface NmsOptions {
  /** A box goes when its intersection over union with a better one is greater. */
  readonly threshold: number;
  /** [count] i64: boxes of different labels do not suppress each other. */
  readonly labels?: Tensor | undefined;
}

/**
 * The boxes that stay, best first; of equal scores the first one is the better. Boxes without area
 * overlap nothing. Their memory grows with the square of their number where there is no kernel.
 *
 * @param boxes  [count, 4] as x1, y1, x2, y2
 * @param scores [count]
 * @returns      [kept] i64, indices of boxes
 */
export function nms(boxes: Tensor, scores: Tensor, { threshold, labels }: NmsOptions): Tensor {
  if (boxes.elements === 0) return scores.to('i64');
  const apart = labels ? separated(boxes, labels) : boxes;
  if (hasKernel('um::nms', apart, scores))
    return callOperator('um::nms', apart, scores, labels, threshold) as Tensor;
  return composedNms(apart, scores, threshold);
}

/** Does as the kernel does by libtorch's operators, in rounds until no box changes its mind. */
function composedNms(boxes: Tensor, scores: Tensor, threshold: number): Tensor {
  const [, order] = callOperator('aten::sort.stable', scores, true, 0, true) as [Tensor, Tensor];
  const sorted = boxes.indexSelect(0, order);
  const covers = boxOverlaps(sorted, sorted).gt(threshold).triu({ diagonal: 1 });
  let stays = onesLike(order).to('bool');
  for (;;) {
    const next = covers.logicalAnd(stays.unsqueeze(1)).sum(0).eq(0);
    if (next.equal(stays)) return order.maskedSelect(stays);
    stays = next;
  }
}

/**
 * Boxes moved apart by their labels. Published detectors suppress those, so that overlaps are
 * rounded as theirs.
 *
 * @param boxes [count, 4], @param labels [count] i64
 */
export function separated(boxes: Tensor, labels: Tensor): Tensor {
  const shift = labels.to(boxes.dtype).mul(boxes.amax().add(1));
  return boxes.add(shift.unsqueeze(1));
}
