import { cat, type Tensor } from '@um-mae/torch';
import type { Detections } from '../../detection/boxes/class-boxes.js';

/** Boxes with their scores in a fifth column, [found, 5], as cases have them. */
export function withScores({ boxes, scores }: Pick<Detections, 'boxes' | 'scores'>): Tensor {
  return cat([boxes, scores.unsqueeze(1)], { dim: 1 });
}
