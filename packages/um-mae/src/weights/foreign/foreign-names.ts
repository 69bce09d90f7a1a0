/**
 * Weights of other origins under the names of the published checkpoints: vision transformers of
 * Hugging Face (ViT, ViT-MAE, DINOv2), of DINOv2's own code, and of timm, which has the published
 * names but for registers.
 */
import { cat, type Tensor } from '@um-mae/torch';
import { CheckpointError } from '../../errors.js';

type Tensors = ReadonlyMap<string, Tensor>;

/** Only a model of Hugging Face has this one. */
const signature = 'embeddings.patch_embeddings.projection.weight';

/** Factors of LayerScale, as parameters of a block or of a layer of their own. */
const layerScale =
  /(?<=blocks\.\d+)\.(?:ls|layer_?scale|gamma|lambda|scale)_?([12])(?:\.(?:gamma|scale|weight|alpha|lambda_?[12]?|gamma_?[12]?|layer_?scale|scale_factor))?$/;

/** Factors that are called by their branch, such as `ls_attn`, `mlp_scale.scale` or `attn.gamma1`. */
function branchFactors(branch: string, place: string) {
  const factor = `(?:ls|layer_?scale|gamma|scale)_?${place}?`;
  const names = [`${factor}_?(?:${branch})`, `(?:${branch})[._]${factor}`].join('|');
  const pattern = new RegExp(`(?<=blocks\\.\\d+)\\.(?:${names})(?:\\.\\w+)?$`);
  return [[pattern, `.ls${place}.gamma`]] as const;
}

/** Names that single programs give parts of a block, or a token. */
const variants: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/^(reg_tokens?|register_token|storage_tokens|registers)$/, 'register_tokens'],
  // Blocks in chunks of several devices keep their numbers.
  [/^blocks\.\d+\.(?=\d+\.)/, 'blocks.'],
  [layerScale, '.ls$1.gamma'],
  ...branchFactors('attn|msa|sa|attention', '1'),
  ...branchFactors('mlp|ffn', '2'),
];

/** Each applies to what those before have left; a name that nothing applies to stays. */
const table: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/^embeddings\.(cls_token|mask_token|register_tokens)$/, '$1'],
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
  const renamed = new Map<string, Tensor>();
  const parts = new Map<string, Map<string, Tensor>>();
  const names = tensors.has(signature) ? [...table, ...variants] : variants;
  for (const [foreign, tensor] of tensors) {
    const name = rename(foreign, names);
    const [, part] = /\.attn\.(query|key|value)\.\w+$/.exec(name) ?? [];
    if (part === undefined) set(renamed, name, asFactor(name, tensor));
    else {
      const whole = name.replace(`.${part}.`, '.qkv.');
      parts.set(whole, set(parts.get(whole) ?? new Map(), part, tensor));
    }
  }
  for (const [name, found] of parts) set(renamed, name, fuse(name, found));
  return withClassRow(renamed);
}

/** Factors of LayerScale as a vector: some programs keep them as [1, 1, channels]. */
function asFactor(name: string, tensor: Tensor): Tensor {
  const isFactor = /^blocks\.\d+\.ls[12]\.gamma$/.test(name) && tensor.shape.length > 1;
  return isFactor && tensor.elements === tensor.shape.at(-1) ? tensor.flatten() : tensor;
}

function rename(foreign: string, names: typeof table): string {
  return names.reduce(
    (name, [pattern, replacement]) => name.replace(pattern, replacement),
    foreign,
  );
}

/**
 * timm's models with registers have the position of the class token in the token itself: its row is
 * zero.
 */
function withClassRow(tensors: Map<string, Tensor>): Tensors {
  const table = tensors.get('pos_embed');
  if (!tensors.has('register_tokens') || !table || !isWithoutClassRow(table)) return tensors;
  return new Map(tensors).set('pos_embed', table.constantPadNd([0, 0, 1, 0]));
}

/** Whether a table of positions is for the patches of a square grid and nothing else. */
export function isWithoutClassRow({ shape }: Tensor): boolean {
  const [, rows = 0] = shape;
  return shape.length === 3 && isSquare(rows) && !isSquare(rows - 1);
}

function isSquare(count: number): boolean {
  return Number.isInteger(Math.sqrt(count));
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
