/**
 * Partial prediction: the loss covers a random part of the dropped units. A decoder whose mask
 * tokens do not see each other leaves out the rest.
 *
 * Source: Fu et al. 2024 (CrossMAE), arXiv:2401.14391, section 3.
 */
import { type Generator, rand, type Tensor } from '@um-mae/torch';
import { lowestRanked } from './secondary.js';

/**
 * @param visible [batch, units] bool, as many in every image
 * @param share of the dropped units to predict; at 1 nothing is drawn
 * @returns [batch, units] bool, true = predicted; only dropped units are
 */
export function predictAmongDropped(visible: Tensor, share: number, generator: Generator): Tensor {
  const dropped = visible.logicalNot();
  if (share === 1) return dropped;
  const count = predictedCount(dropped.at(0).sum().number(), share);
  return lowestRanked(rand([...visible.shape], { generator }).maskedFill(visible, 2), count);
}

/** Returns how many of `dropped` units are predicted: at least one. */
export function predictedCount(dropped: number, share: number): number {
  return Math.max(1, Math.round(share * dropped));
}
