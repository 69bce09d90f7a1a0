import { scope, type Tensor } from '@um-mae/torch';

/**
 * Cross-entropy with a distribution over the classes for each image: of mixed images, or with
 * smoothed labels, where it equals the label-smoothing cross-entropy.
 *
 * @param logits [batch, classes]
 * @param targets [batch, classes], rows sum to 1
 * @returns [], the mean over the batch
 */
export function softTargetCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return scope(() => logits.logSoftmax(-1).mul(targets).sum(-1).mean().neg());
}
