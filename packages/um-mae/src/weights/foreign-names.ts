/**
 * Weights of other origins under the names of the published checkpoints: vision transformers of
 * Hugging Face (ViT, ViT-MAE), and models wrapped for several devices. timm has the published names
 * already.
 */
import { cat, type Tensor } from '@um-mae/torch';
import { CheckpointError } from '../errors.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** Only a model of Hugging Face has this one, behind the name of its kind or not. */
const signature = /^(vit\.|deit\.)?embeddings\.patch_embeddings\.projection\.weight$/;

/** Each applies to what those before have left; a name that nothing applies to stays. */
const table: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/^(vit|deit)\.(?=embeddings\.|encoder\.|layernorm\.)/, ''],
  [/^embeddings\.(cls_token|mask_token)$/, '$1'],
  [/^embeddings\.position_embeddings$/, 'pos_embed'],
  [/^embeddings\.patch_embeddings\.projection\./, 'patch_embed.proj.'],
  [/^layernorm\./, 'norm.'],
  [/^classifier\./, 'head.'],
  [/^decoder\.(mask_token|decoder_pos_embed)$/, '$1'],
  [/^decoder\.(decoder_embed|decoder_norm|decoder_pred)\./, '$1.'],
  [/^encoder\.layer\.(\d+)\./, 'blocks.$1.'],
  [/^decoder\.decoder_layers\.(\d+)\./, 'decoder_blocks.$1.'],
  [/(?<=blocks\.\d+)\.layernorm_before\./, '.norm1.'],
  [/(?<=blocks\.\d+)\.layernorm_after\./, '.norm2.'],
  [/(?<=blocks\.\d+)\.attention\.attention\.(query|key|value)\./, '.attn.$1.'],
  [/(?<=blocks\.\d+)\.attention\.output\.dense\./, '.attn.proj.'],
  [/(?<=blocks\.\d+)\.intermediate\.dense\./, '.mlp.fc1.'],
  [/(?<=blocks\.\d+)\.output\.dense\./, '.mlp.fc2.'],
];

/** Kept apart there, in one matrix here: rows of the query, then of the key, then of the value. */
const fused = ['query', 'key', 'value'] as const;

/**
 * The same weights, as the published code names them.
 *
 * @throws CheckpointError when two weights would have one name, or one of a query, key and value is
 *   missing
 */
export function publishedNames(tensors: Tensors): Tensors {
  const bare = withoutWrapper(tensors);
  if (![...bare.keys()].some((name) => signature.test(name))) return bare;
  const renamed = new Map<string, Tensor>();
  const parts = new Map<string, Map<string, Tensor>>();
  for (const [foreign, tensor] of bare) {
    const name = publishedName(foreign);
    const [, part] = /\.attn\.(query|key|value)\.\w+$/.exec(name) ?? [];
    if (part === undefined) set(renamed, name, tensor);
    else {
      const whole = name.replace(`.${part}.`, '.qkv.');
      parts.set(whole, set(parts.get(whole) ?? new Map(), part, tensor));
    }
  }
  for (const [name, found] of parts) set(renamed, name, fuse(name, found));
  return renamed;
}

/** A model that was trained on several devices calls all its weights `module.`. */
function withoutWrapper(tensors: Tensors): Tensors {
  const wrapper = 'module.';
  if (![...tensors.keys()].every((name) => name.startsWith(wrapper))) return tensors;
  return new Map([...tensors].map(([name, tensor]) => [name.slice(wrapper.length), tensor]));
}

function publishedName(foreign: string): string {
  return table.reduce(
    (name, [pattern, replacement]) => name.replace(pattern, replacement),
    foreign,
  );
}

function set(tensors: Map<string, Tensor>, name: string, tensor: Tensor): Map<string, Tensor> {
  if (tensors.has(name)) {
    throw new CheckpointError(`Expected \`${name}\` once but got it under two names.`);
  }
  return tensors.set(name, tensor);
}

function fuse(name: string, parts: Tensors): Tensor {
  return cat(
    fused.map((part) => {
      const found = parts.get(part);
      if (found) return found;
      throw new CheckpointError(`Expected a ${part} for \`${name}\` but got none.`);
    }),
  );
}
