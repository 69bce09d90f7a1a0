/**
 * RankMe: how many dimensions features really use, a measure of their quality that needs no labels.
 *
 * Source: Garrido et al. 2023, arXiv:2210.02885, section 3.2: the exponential of the entropy of the
 * singular values, taken as shares of their sum.
 */
import { ok as assert } from 'node:assert';
import { callOperator, scope, Tensor } from '@um-mae/torch';

const epsilon = 1e-7;

/**
 * @param features [images, channels]
 * @returns between 1 and the smaller of the two; use more images than channels
 *
 * @example
 * ```ts
 * import { Generator, randn } from '@um-mae/torch';
 * import { rankMe } from 'um-mae';
 *
 * const features = randn([100, 16], { generator: new Generator(1) });
 * console.log(rankMe(features) > 12); // true
 * ```
 */
export function rankMe(features: Tensor): number {
  return scope(() => {
    const singular = callOperator('aten::linalg_svdvals', features.to('f64'));
    assert(singular instanceof Tensor);
    const shares = singular.div(singular.sum()).add(epsilon);
    return Math.exp(-shares.mul(shares.log()).sum().number());
  });
}
