/**
 * Multi-head attention of all queries of an image to all of its keys.
 *
 * Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1.
 */
import { hasKernel } from '../tensor/kernels.js';
import { callOperator } from '../tensor/operator.js';
import type { Tensor } from '../tensor/tensor.js';

export interface SelfAttentionOptions {
  /**
   * The first token whose result is wanted; those before it are keys and values to the others.
   * Default 0.
   */
  readonly first?: number;
}

/**
 * softmax(q k^T / sqrt(channels)) v of every head, from queries, keys and values side by side.
 *
 * @param qkv [batch, tokens, 3, heads, channels of a head]
 * @returns   [batch, tokens - first, heads * channels]
 *
 * @example
 * ```ts
 * import { randn } from '@um-mae/torch';
 * import { attentionFor, crossAttention, joinHeads, selfAttention } from '@um-mae/torch/nn';
 *
 * const qkv = randn([2, 16, 3, 4, 8]); // [batch, tokens, 3, heads, channels of a head]
 * console.log(selfAttention(qkv).shape.join(' ')); // 2 16 32
 * const [query, keyValue] = [randn([2, 5, 4, 8]), randn([2, 16, 2, 4, 8])];
 * console.log(crossAttention(query, keyValue).shape.join(' ')); // 2 5 32
 * console.log(joinHeads(query.transpose(1, 2)).shape.join(' ')); // 2 5 32
 * console.log(typeof attentionFor(query)); // function
 * ```
 */
export function selfAttention(qkv: Tensor, { first = 0 }: SelfAttentionOptions = {}): Tensor {
  if (hasKernel('um::attention', qkv))
    return callOperator('um::attention', qkv, undefined, first) as Tensor;
  return composedSelfAttention(qkv, { first, attend: attentionFor(qkv) });
}

/**
 * The same with keys and values of other tokens than the queries'.
 *
 * @param query    [batch, queries, heads, channels of a head]
 * @param keyValue [batch, keys, 2, heads, channels of a head]
 * @returns        [batch, queries, heads * channels]
 */
export function crossAttention(query: Tensor, keyValue: Tensor): Tensor {
  if (hasKernel('um::attention', query, keyValue))
    return callOperator('um::attention', query.unsqueeze(2), keyValue) as Tensor;
  return composedCrossAttention(query, keyValue, attentionFor(query));
}

/**
 * Computes the same as the kernel from libtorch's operators. It runs wherever there is no kernel.
 */
export function composedSelfAttention(
  qkv: Tensor,
  { first = 0, attend = composedAttention }: SelfAttentionOptions & { attend?: Attention } = {},
): Tensor {
  const [query, key, value] = apart(qkv) as [Tensor, Tensor, Tensor];
  const asking = first === 0 ? query : query.slice({ dim: 2, start: first });
  return joinHeads(attend(asking, key, value));
}

/** Composes cross attention of operators, as `composedSelfAttention` does self attention. */
export function composedCrossAttention(
  query: Tensor,
  keyValue: Tensor,
  attend: Attention = composedAttention,
): Tensor {
  const [key, value] = apart(keyValue) as [Tensor, Tensor];
  return joinHeads(attend(query.transpose(1, 2), key, value));
}

/**
 * softmax(q k^T / sqrt(channels) + bias) v.
 *
 * @param query [batch, heads, queries, channels]; key and value [batch, heads, keys, channels]
 * @param bias  [images, heads, queries, keys], where `images` divides the batch: it is repeated
 * @returns     [batch, heads, queries, channels]
 */
export type Attention = (query: Tensor, key: Tensor, value: Tensor, bias?: Tensor) => Tensor;

/** The fastest that there is for these queries, outside of our own kernels. */
export function attentionFor(query: Tensor): Attention {
  return hasKernel(fusedAttention, query) ? scaledDotProductAttention : composedAttention;
}

/** Computes attention by single operators, which keep all logits. */
export const composedAttention: Attention = (query, key, value, bias) => {
  const [, , , channels] = query.sizes(4);
  const scale = channels ** -0.5;
  const logits = query.mul(scale).matmul(key.transpose(-2, -1));
  const biased = bias
    ? logits
        .view([-1, ...bias.shape])
        .add(bias)
        .view(logits.shape)
    : logits;
  return biased.softmax(-1).matmul(value);
};

const fusedAttention = 'aten::scaled_dot_product_attention';

/**
 * Computes attention by libtorch's fused operator, from 2.0 on. @throws TorchError where libtorch
 * has none
 */
export const scaledDotProductAttention: Attention = (query, key, value, bias) => {
  return callOperator(fusedAttention, query, key, value, bias && maskOf(bias, query)) as Tensor;
};

/** The fast kernels read a mask of the queries' type, of every image, row by row. */
function maskOf(bias: Tensor, { dtype, shape: [batch = 1] }: Tensor): Tensor {
  const [images, ...rest] = bias.sizes(4);
  const repeated = bias.to(dtype).expand([batch / images, images, ...rest]);
  return repeated.reshape([batch, ...rest]).contiguous();
}

/** Splits a packed tensor into queries, keys and values, each [batch, heads, tokens, channels]. */
function apart(packed: Tensor): Tensor[] {
  return packed.permute([2, 0, 3, 1, 4]).unbind();
}

/** [batch, heads, tokens, channels of a head] -> [batch, tokens, heads * channels] */
export function joinHeads(x: Tensor): Tensor {
  return x.transpose(1, 2).flatten({ startDim: 2 });
}
