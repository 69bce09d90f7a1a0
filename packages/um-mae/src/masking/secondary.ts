/**
 * Secondary masking: a random part of the visible units is hidden. They stay in the sequence, so
 * that the grid stays regular, but a learned token takes the place of their content.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, section 3.2.
 */
import { type Generator, rand, type Tensor } from '@um-mae/torch';

/**
 * @param visible [batch, units] bool, as many in every image
 * @param ratio share of the visible units to hide; the count of those still shown is rounded down
 * @returns [batch, units] bool, true = hidden; only visible units are
 */
export function hideAmongVisible(visible: Tensor, ratio: number, generator: Generator): Tensor {
  if (ratio === 0) return visible.logicalNot().logicalAnd(visible);
  return hideByNoise(visible, ratio, rand([...visible.shape], { generator }));
}

/**
 * The drawing itself, from given noise: the visible units of the lowest noise stay shown.
 *
 * @param noise [batch, units] in [0, 1)
 */
export function hideByNoise(visible: Tensor, ratio: number, noise: Tensor): Tensor {
  const visibleCount = visible.at(0).sum().number();
  const shown = lowestRanked(
    noise.maskedFill(visible.logicalNot(), 2),
    shownCount(visibleCount, ratio),
  );
  return visible.logicalAnd(shown.logicalNot());
}

/**
 * Returns how many of `visible` units stay shown, rounded in floating point as in the published
 * code.
 */
export function shownCount(visible: number, ratio: number): number {
  return Math.trunc(visible * (1 - ratio));
}

/** [batch, units] bool: the `count` lowest scores of every image. */
export function lowestRanked(scores: Tensor, count: number): Tensor {
  return scores.argsort({ dim: 1 }).argsort({ dim: 1 }).lt(count);
}
