/** Non-maximum suppression: plain, by label, soft, and of boxes with scores of many classes. */
import { cat, type Tensor } from '@um-mae/torch';
import { type Decay, nms, softNms } from '@um-mae/torch/vision';
import { z } from 'zod';
import { bestClassBoxes } from '../../../detection/boxes/class-boxes.js';
import type { Comparison } from '../../comparison.js';
import type { Case } from '../../fixture.js';
import { type Numbers, openNumbers } from '../numbers.js';

const suppressionCase = z.object({
  info: z.record(
    z.string(),
    z.object({
      iou_threshold: z.number(),
      sigma: z.number(),
      min_score: z.number(),
      method: z.enum(['linear', 'gaussian', 'naive']),
    }),
  ),
});

export function runSuppressionCase(fixture: Case): Comparison[] {
  const { info } = suppressionCase.parse(fixture.json);
  const numbers = openNumbers(fixture);
  const [boxes, scores] = [numbers.get('boxes.in'), numbers.get('scores.in')];
  const labels = numbers.get('labels.in');
  const detections = (kept: Tensor, own: Tensor) =>
    cat([boxes.indexSelect(0, kept), own.unsqueeze(1)], { dim: 1 });
  const hard = [0.3, 0.5, 0.7].flatMap((threshold) => {
    const apart = nms(boxes, scores, { threshold, labels });
    return [
      numbers.compare(`nms_${threshold}.keep`, nms(boxes, scores, { threshold })),
      numbers.compare(`batched_${threshold}.keep`, apart),
      numbers.compare(
        `batched_${threshold}.detections`,
        detections(apart, scores.indexSelect(0, apart)),
      ),
    ];
  });
  const soft = Object.entries(info).flatMap(([name, rule]) => {
    const options = {
      decay: decays[rule.method],
      threshold: rule.iou_threshold,
      sigma: rule.sigma,
      minimum: rule.min_score,
    };
    const alone = softNms(boxes, scores, options);
    const apart = softNms(boxes, scores, { ...options, labels });
    const batched = name.replace('soft_', 'soft_batched_');
    return [
      numbers.compare(`${name}.keep`, alone.kept),
      numbers.compare(`${name}.detections`, detections(alone.kept, alone.scores)),
      numbers.compare(`${batched}.keep`, apart.kept),
      numbers.compare(`${batched}.detections`, detections(apart.kept, apart.scores)),
    ];
  });
  const [edges, their] = [numbers.get('edge.boxes.in'), numbers.get('edge.scores.in')];
  const edge = [0.5, 0.49].map((threshold) =>
    numbers.compare(`edge.keep_${threshold}`, nms(edges, their, { threshold })),
  );
  return [...hard, ...soft, ...edge, ...compareClassBoxes(numbers)];
}

/** Boxes of four classes, at most 40 of them. */
function compareClassBoxes(numbers: Numbers): Comparison[] {
  const scores = numbers.get('multiclass.scores.in').narrow(1, 0, 4);
  const boxes = numbers.get('multiclass.boxes.in');
  const shared = numbers.get('boxes.in');
  const kinds = [
    ['hard_per_class', boxes, { threshold: 0.5 }],
    ['hard_agnostic', shared, { threshold: 0.5 }],
    ['soft_per_class', boxes, { soft: { threshold: 0.3 } }],
    ['soft_agnostic', shared, { soft: { threshold: 0.3 } }],
  ] as const;
  return kinds.flatMap(([kind, given, suppression]) => {
    const found = bestClassBoxes(given, scores, { leastScore: 0.05, most: 40, suppression });
    const detections = cat([found.boxes, found.scores.unsqueeze(1)], { dim: 1 });
    return [
      numbers.compare(`multiclass.${kind}.detections`, detections),
      numbers.compare(`multiclass.${kind}.labels`, found.labels),
    ];
  });
}

const decays = {
  linear: 'linear',
  gaussian: 'gaussian',
  naive: 'hard',
} as const satisfies Record<string, Decay>;
