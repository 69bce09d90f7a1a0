/** Losses of boxes and of their deltas. */
import { type Tensor, where } from '@um-mae/torch';
import { alignedOverlaps } from '../boxes/overlap.js';

/** 1 - GIoU of each pair of boxes [count, 4]. @returns [count] */
export function giouLoss(boxes: Tensor, targets: Tensor): Tensor {
  return alignedOverlaps(boxes, targets, { kind: 'generalised', epsilon: 1e-7 }).neg().add(1);
}

/**
 * The absolute difference, squared within `beta`; plain with `beta` 0.
 *
 * @returns of each element
 */
export function smoothL1(values: Tensor, targets: Tensor, beta = 0): Tensor {
  const difference = values.sub(targets).abs();
  if (beta === 0) return difference;
  const square = difference.square().mul(0.5 / beta);
  return where(difference.lt(beta), square, difference.sub(0.5 * beta));
}
