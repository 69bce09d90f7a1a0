import type { Tensor } from '@um-mae/torch';
import { required } from '../../fixture.js';

/** Labels of pixels, i64, with -1 where the case has 255 for those that are ignored. */
export function readLabels(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const labels = required(tensors, name).to('i64');
  return labels.maskedFill(labels.eq(255), -1);
}
