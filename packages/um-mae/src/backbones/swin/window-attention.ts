/**
 * Attention of the tokens of a grid inside windows, with the position bias on the logits.
 *
 * Source: Liu et al. 2021 (Swin), arXiv:2103.14030, section 3.2.
 */
import { callOperator, hasKernel, type Tensor } from '@um-mae/torch';
import { type Attention, attentionFor, composedAttention, joinHeads } from '@um-mae/torch/nn';
import { toGrid, toWindows, type Windowing } from '../parts/grid/windows.js';
import { type PositionPairs, positionBias } from './position-bias.js';

/** Windows of one kind of block in a stage, and the position differences inside them. */
export interface WindowLayout {
  readonly windows: Windowing;
  readonly pairs: PositionPairs;
}

/**
 * softmax(q k^T / sqrt(channels) + bias) v of every head in every window.
 *
 * @param qkv [batch, height, width, 3 * heads * channels], queries, keys and values side by side
 * @param table [heads, differences], the bias of each difference of positions
 * @returns [batch, height, width, heads * channels]
 */
export function windowAttention(qkv: Tensor, table: Tensor, layout: WindowLayout): Tensor {
  const { windows, pairs } = layout;
  const [batch, height, width, all] = qkv.sizes(4);
  const [heads] = table.sizes(2);
  const perHead = all / 3 / heads;
  if (!hasKernel('um::window_attention', qkv) || !suitsGpu(qkv, windows, perHead))
    return composedWindowAttention(qkv, table, { ...layout, attend: attentionFor(qkv) });
  const parts = qkv.view([batch, height, width, 3, heads, perHead]);
  const { places, regions } = pairs;
  const { window, shift } = windows;
  return callOperator(
    'um::window_attention',
    parts,
    table,
    places,
    regions,
    window,
    shift,
  ) as Tensor;
}

/**
 * Whether the kernel of GPUs computes this, which has heads of 32 channels and no padding; that of
 * CPUs takes all.
 */
function suitsGpu({ device }: Tensor, geometry: Windowing, channels: number): boolean {
  const { height, width, window } = geometry;
  const isTiled = height % window === 0 && width % window === 0;
  return device === 'cpu' || (channels === 32 && isTiled);
}

/**
 * Computes the same as the kernel from libtorch's operators. It runs wherever there is no kernel.
 */
export function composedWindowAttention(
  qkv: Tensor,
  table: Tensor,
  { windows, pairs, attend = composedAttention }: WindowLayout & { readonly attend?: Attention },
): Tensor {
  const { query, key, value } = splitHeads(toWindows(qkv, windows), table.sizes(2)[0]);
  return toGrid(joinHeads(attend(query, key, value, positionBias(table, pairs))), windows);
}

/** [windows, tokens, 3 * channels] -> three of [windows, heads, tokens, channels of a head] */
function splitHeads(qkv: Tensor, heads: number): Record<'query' | 'key' | 'value', Tensor> {
  const [windows, tokens, width] = qkv.sizes(3);
  const apart = qkv.view([windows, tokens, 3, heads, width / 3 / heads]).permute([2, 0, 3, 1, 4]);
  return { query: apart.at(0), key: apart.at(1), value: apart.at(2) };
}
