/** The attention map of a Swin block, for pictures. */
import type { Tensor } from '@um-mae/torch';
import type { Attention } from '@um-mae/torch/nn';
import { attentionWeights } from '../parts/blocks/attention-received.js';
import { cutTo, padTo } from '../parts/grid/windows.js';
import type { SwinBlock } from './swin-block.js';
import { composedWindowAttention, type WindowLayout } from './window-attention.js';

/**
 * Computes the attention that each token receives from the tokens of its window.
 *
 * @param x what the block is given, [1, height, width, channels]
 * @returns [rows, columns] of the block's own grid
 */
export function receivedInWindows(x: Tensor, block: SwinBlock, layout: WindowLayout): Tensor {
  const grid = block.downsample ? block.downsample.forward(x) : x;
  const qkv = block.attn.qkv.forward(padTo(block.norm1.forward(grid), layout.windows));
  const table = block.attn.posmlp.table(layout.pairs);
  // In the place of what attention gives, what each key has been given.
  const attend: Attention = (query, key, _, bias) =>
    attentionWeights(query, key, bias).sum([2]).unsqueeze(-1);
  const received = composedWindowAttention(qkv, table, { ...layout, attend });
  return cutTo(received, grid).at(0).mean([-1]);
}
