import { type Tensor, zerosLike } from '@um-mae/torch';
import { shapeOf } from '../../backbones/families.js';
import { UmMaeError } from '../../errors.js';
import type { TrainingMask } from '../../masking/mask.js';
import { hideByNoise, shownCount } from '../../masking/secondary.js';
import type { Fixture } from '../fixture.js';

/**
 * The mask of a case. The published code marks dropped units; its noise decides which visible ones
 * secondary masking hides, in two ways of which both draw the same distribution.
 *
 * @param dropped bool [batch, units]
 * @param noise [batch, units] in pyramids, [batch, visible] in the ViT; none without secondary
 *   masking
 */
export function publishedMask(
  fixture: Fixture,
  dropped: Tensor,
  noise: Tensor | undefined,
): TrainingMask {
  const visible = dropped.logicalNot();
  const { backbone, masking } = fixture.model;
  if (!noise && masking.secondaryRatio > 0) {
    throw new UmMaeError('parity', 'Expected `noise` for secondary masking but the case has none.');
  }
  if (!noise) return { visible, hidden: zerosLike(visible), predicted: dropped };
  const hidden = shapeOf(backbone).needsGrid
    ? hideByNoise(visible, masking.secondaryRatio, noise)
    : hideByOrder(visible, masking.secondaryRatio, noise);
  return { visible, hidden, predicted: dropped };
}

/**
 * The ViT's way: visible unit `i`, in raster order, is hidden where `argsort(noise)[i]` is not
 * among the shown.
 */
function hideByOrder(visible: Tensor, ratio: number, noise: Tensor): Tensor {
  const [, count] = noise.sizes(2);
  const hidden = noise.argsort({ dim: 1 }).ge(shownCount(count, ratio));
  return visible.clone().indexPut_([visible], hidden.flatten());
}
