/** The attention map of a PVT block, for pictures. */
import type { Tensor } from '@um-mae/torch';
import { attentionWeights } from '../parts/blocks/attention-received.js';
import type { PvtBlock } from './pvt-block.js';

/**
 * Computes the attention that each square of tokens with one common key receives from all tokens.
 *
 * @param x what the block is given, [1, height, width, channels]
 * @returns [rows, columns] of squares
 */
export function receivedBySquares(x: Tensor, block: PvtBlock, reduction: number): Tensor {
  const grid = block.norm1.forward(block.downsample ? block.downsample.forward(x) : x);
  const { query, keyValue } = block.attn.project(grid, reduction);
  const key = keyValue.select(2, 0).transpose(1, 2);
  const weights = attentionWeights(query.transpose(1, 2), key);
  const [, rows, columns] = grid.sizes(4);
  const [, , , squares] = weights.sizes(4);
  // As many queries as places, on average, so that 1 is even.
  return weights
    .mean([0, 1, 2])
    .mul(squares)
    .view([rows / reduction, columns / reduction]);
}
