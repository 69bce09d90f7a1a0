/**
 * Multi-head attention of all queries of an image to all of its keys.
 *
 * Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1.
 */
import { hasKernel } from '../kernels.js';
import { callOperator } from '../operator.js';
import type { Tensor } from '../tensor.js';

export interface SelfAttentionOptions {
  /** The first token whose result is wanted; those before it are keys and values to the others. Default 0. */
  readonly first?: number;
}

/**
 * softmax(q k^T / sqrt(channels)) v of every head, from queries, keys and values side by side.
 *
 * @param qkv [batch, tokens, 3, heads, channels of a head]
 * @returns   [batch, tokens - first, heads * channels]
 */
export function selfAttention(qkv: Tensor, { first = 0 }: SelfAttentionOptions = {}): Tensor {
  if (hasKernel('um::attention', qkv))
    return callOperator('um::attention', qkv, undefined, first) as Tensor;
  return composedSelfAttention(qkv, { first });
}

/**
 * The same with keys and values of other tokens than the queries'.
 *
 * @param query    [batch, queries, heads, channels of a head]
 * @param keyValue [batch, keys, 2, heads, channels of a head]
 * @returns        [batch, queries, heads * channels]
 */
export function crossAttention(query: Tensor, keyValue: Tensor): Tensor {
  if (!hasKernel('um::attention', query, keyValue)) return composedCrossAttention(query, keyValue);
  return callOperator('um::attention', query.unsqueeze(2), keyValue) as Tensor;
}

/** What the kernel computes, out of libtorch's operators; wherever there is no kernel, this runs. */
export function composedSelfAttention(
  qkv: Tensor,
  { first = 0 }: SelfAttentionOptions = {},
): Tensor {
  const [query, key, value] = apart(qkv) as [Tensor, Tensor, Tensor];
  return attend(first === 0 ? query : query.slice({ dim: 2, start: first }), key, value);
}

/** As `composedSelfAttention`. */
export function composedCrossAttention(query: Tensor, keyValue: Tensor): Tensor {
  const [key, value] = apart(keyValue) as [Tensor, Tensor];
  return attend(query.transpose(1, 2), key, value);
}

/** Each [batch, heads, tokens, channels]. */
function apart(packed: Tensor): Tensor[] {
  return packed.permute([2, 0, 3, 1, 4]).unbind();
}

function attend(query: Tensor, key: Tensor, value: Tensor): Tensor {
  const scale = (query.shape[3] ?? 1) ** -0.5;
  const weights = query.matmul(key.transpose(-2, -1)).mul(scale).softmax(-1);
  return weights.matmul(value).transpose(1, 2).flatten({ startDim: 2 });
}
