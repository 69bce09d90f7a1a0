/**
 * A learned bias of attention for each difference of positions on a grid, beside a class token.
 *
 * Source: Bao et al. 2022 (BEiT), arXiv:2106.08254, as MAE is published with for segmentation;
 * Raffel et al. 2020 (T5), arXiv:1910.10683, section 2.1. The name is that of published
 * checkpoints.
 */
import { type Tensor, tensor } from '@um-mae/torch';
import type { Grid } from '../../masking/grid.js';

/**
 * The number of biases of a head: one for each difference, and three for pairs with a class token.
 */
export function relativeBiases({ rows, columns }: Grid): number {
  return (2 * rows - 1) * (2 * columns - 1) + 3;
}

/**
 * The bias that each pair of tokens takes, the class token first: that of `query - key`, and at the
 * end of the table those of (class, patch), (patch, class) and (class, class).
 *
 * @returns i64 [tokens, tokens], for (query, key)
 */
export function relativeIndices({ rows, columns }: Grid, device: string): Tensor {
  const patches = rows * columns;
  const end = relativeBiases({ rows, columns });
  const indices = Array.from({ length: (patches + 1) ** 2 }, (_, pair) => {
    const query = Math.floor(pair / (patches + 1)) - 1;
    const key = (pair % (patches + 1)) - 1;
    if (query < 0) return key < 0 ? end - 1 : end - 3;
    if (key < 0) return end - 2;
    const down = Math.floor(query / columns) - Math.floor(key / columns) + rows - 1;
    const across = (query % columns) - (key % columns) + columns - 1;
    return down * (2 * columns - 1) + across;
  });
  return tensor(indices, { dtype: 'i64', device }).view([patches + 1, patches + 1]);
}
