import type { Tensor } from '@um-mae/torch';

/** Numbers that boxes are computed of, in f32 whatever the precision of matrix products. */
export function inFull(x: Tensor): Tensor {
  return x.to('f32');
}
