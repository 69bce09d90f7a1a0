/** Assignment by the largest overlap as torchvision's detectors have it. */

import { fullLike, type Tensor, where } from '@um-mae/torch';
import { boxOverlaps } from '@um-mae/torch/vision';

export interface PlainMatcherOptions {
  readonly positive: number;
  readonly negative: number;
  /**
   * Whether an anchor that overlaps some object most gets the object that it overlaps most itself.
   */
  readonly keepsBest: boolean;
}

/**
 * @param anchors [anchors, 4]
 * @param objects [objects, 4], one or more
 * @returns       [anchors] i64: k object k, -1 background, -2 neither
 */
export function matchPlainly(
  anchors: Tensor,
  objects: Tensor,
  { positive, negative, keepsBest }: PlainMatcherOptions,
): Tensor {
  const overlaps = boxOverlaps(anchors, objects);
  const best = overlaps.amax({ dim: [1] });
  const object = overlaps.argmax({ dim: 1 });
  const background = fullLike(object, -1);
  const rest = where(best.lt(negative), background, background.sub(1));
  const matched = where(best.ge(positive), object, rest);
  if (!keepsBest) return matched;
  const isBest = overlaps
    .eq(overlaps.amax({ dim: [0] }))
    .sum([1])
    .gt(0);
  return where(isBest, object, matched);
}
