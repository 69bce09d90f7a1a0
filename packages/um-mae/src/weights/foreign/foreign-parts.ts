/**
 * Parts of other networks that ours do not have: with one of them, weights compute something else.
 */
import type { Tensor } from '@um-mae/torch';
import { CheckpointError } from '../../errors.js';
import { isWithoutClassRow } from './foreign-names.js';

type Tensors = ReadonlyMap<string, Tensor>;

const parts: readonly (readonly [pattern: RegExp, part: string])[] = [
  [/\b(q|k)_?(norm|ln)\b|\bquery_norm\b|\bkey_norm\b/, 'norms of queries and keys'],
  [/^layers?\.\d+\.attention\.q_proj\.|^embeddings\.patch_embeddings\.weight$/, 'names of DINOv3'],
  [/\brope|rotary|\bfreqs_?(cis|cos|sin)?\b/i, 'rotary positions (RoPE)'],
  [/relative_(position|coords)|\brel_pos/, 'relative positions'],
  [/\bmlp\.(w\d+|weights_(in|out)|fc1_[gx]|gate_proj|up_proj)\b/, 'gated MLPs (SwiGLU)'],
  [/\bcpb_mlp\b|\blogit_scale\b/, 'attention of Swin V2'],
  [/\b[qkv]_bias$/, 'biases of queries and values apart'],
  [/^(norm_pre|ln_pre|embeddings\.norm)\./, 'a norm in front of the blocks'],
  [/^dist_token$/, 'a distillation token'],
  [/\b(experts|router)\./, 'a mixture of experts'],
  [/\blora_|\badapter/i, 'adapters that are not merged'],
  [/parametrizations\.|weight_[gv]$/, 'weights in parts (weight normalisation)'],
  [/\bmlp\.norm\.|\binner_attn_ln\b/, 'norms inside attention or MLP'],
];

/**
 * Names what weights have that no backbone of ours has; undefined where there is nothing of that
 * kind.
 */
export function foreignPart(tensors: Tensors): string | undefined {
  for (const [pattern, part] of parts) {
    const name = [...tensors.keys()].find((each) => pattern.test(each));
    if (name !== undefined) return `${part}, \`${name}\``;
  }
  const positions = tensors.get('pos_embed');
  if (!tensors.has('blocks.0.attn.qkv.weight')) return undefined;
  if (!positions) return tensors.has('cls_token') ? 'a ViT without `pos_embed`' : undefined;
  if (tensors.has('cls_token') && isWithoutClassRow(positions)) {
    return `positions without a row for the class token, \`pos_embed\` [${positions.shape.join(', ')}]`;
  }
  return tensors.has('cls_token') ? undefined : 'a ViT without a class token';
}

/** @throws CheckpointError naming the first such part */
export function checkParts(tensors: Tensors, path: string): void {
  const part = foreignPart(tensors);
  if (part === undefined) return;
  throw new CheckpointError(
    `Expected weights of a Swin, PVT or ViT as they are here in ${path} but got ${part}.`,
  );
}
