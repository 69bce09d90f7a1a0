/**
 * Losses of generalised focal loss: scores that are qualities, and distances as distributions.
 *
 * Source: Li et al. 2020 (GFL), arXiv:2006.04388, section 3.2.
 */
import { binaryCrossEntropyWithLogits, type Tensor } from '@um-mae/torch';
import { reductions } from '@um-mae/torch/nn';

/**
 * Quality focal loss of every row, summed over classes: the cross entropy to the quality of an
 * object at its own class, to 0 elsewhere, times the squared distance of the score.
 *
 * @param logits  [count, classes]
 * @param targets [count, classes]: the quality at the class of a positive, 0 elsewhere
 * @returns       [count]
 */
export function qualityFocalLoss(logits: Tensor, targets: Tensor): Tensor {
  const entropy = binaryCrossEntropyWithLogits(logits, targets, { reduction: reductions.none });
  return entropy.mul(targets.sub(logits.sigmoid()).square()).sum([1]);
}

/**
 * Distribution focal loss: the cross entropies to the two bins beside the target, weighted by how
 * near they are.
 *
 * @param logits  [count, bins]
 * @param targets [count], from 0 to below `bins - 1`
 * @returns       [count]
 */
export function distributionFocalLoss(logits: Tensor, targets: Tensor): Tensor {
  const low = targets.floor();
  const share = targets.sub(low).unsqueeze(1);
  const logs = logits.logSoftmax(1);
  const at = (bin: Tensor) => logs.gather(1, bin.to('i64').unsqueeze(1));
  const entropy = at(low)
    .mul(share.neg().add(1))
    .add(at(low.add(1)).mul(share));
  return entropy.neg().squeeze(1);
}
