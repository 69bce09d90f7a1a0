/** The best boxes of all classes, after suppression. */
import { arange, type Tensor } from '@um-mae/torch';
import { nms, type SoftNmsOptions, softNms } from '@um-mae/torch/vision';

/** The objects that a detector found in one image, best first. */
export interface Detections {
  /** [found, 4] as x1, y1, x2, y2 */
  readonly boxes: Tensor;
  /** [found] */
  readonly scores: Tensor;
  /** [found] i64, from 0 */
  readonly labels: Tensor;
}

export interface SuppressionOptions {
  /** At most as many are kept. */
  readonly most: number;
  /** Boxes of one class suppress each other from this overlap on, or lower each other's scores. */
  readonly suppression: { readonly threshold: number } | { readonly soft: SoftNmsOptions };
}

export interface ClassBoxesOptions extends SuppressionOptions {
  /** Scores have to be greater. */
  readonly leastScore: number;
}

/**
 * Every class of a proposal whose score is high enough is one box.
 *
 * @param boxes  [count, 4] of all classes, or [count, 4 * classes]
 * @param scores [count, classes]
 */
export function bestClassBoxes(
  boxes: Tensor,
  scores: Tensor,
  { leastScore, ...options }: ClassBoxesOptions,
): Detections {
  const [count, classes] = scores.sizes(2);
  const [, width] = boxes.sizes(2);
  const all = boxes
    .view([count, width / 4, 4])
    .expand([count, classes, 4])
    .reshape([-1, 4]);
  const labels = arange(0, classes, { dtype: 'i64', device: boxes.device })
    .expand([count, classes])
    .reshape([-1]);
  const chosen = scores.reshape([-1]).gt(leastScore).nonzero().flatten();
  const found = {
    boxes: all.indexSelect(0, chosen),
    scores: scores.reshape([-1]).indexSelect(0, chosen),
    labels: labels.indexSelect(0, chosen),
  };
  return bestBoxes(found, options);
}

/** The best of the boxes that others of their class do not suppress. */
export function bestBoxes(
  found: Detections,
  { most, suppression }: SuppressionOptions,
): Detections {
  const kept =
    'soft' in suppression
      ? softNms(found.boxes, found.scores, { ...suppression.soft, labels: found.labels })
      : hardlyKept(found, suppression.threshold);
  const order = kept.scores.argsort({ descending: true }).slice({ end: most });
  const places = kept.kept.indexSelect(0, order);
  return {
    boxes: found.boxes.indexSelect(0, places),
    scores: kept.scores.indexSelect(0, order),
    labels: found.labels.indexSelect(0, places),
  };
}

function hardlyKept({ boxes, scores, labels }: Detections, threshold: number) {
  const kept = nms(boxes, scores, { threshold, labels });
  return { kept, scores: scores.indexSelect(0, kept) };
}
