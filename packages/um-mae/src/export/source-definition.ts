/**
 * A vision transformer computed as the program that wrote its weights defines it, by the names that
 * the file has: a second reading of the same file, which shares nothing with our backbones.
 *
 * Source: timm, timm/models/vision_transformer.py; DINOv2, dinov2/models/vision_transformer.py;
 * Hugging Face, models/vit, models/vit_mae and models/dinov2.
 */
import { cat, conv2d, layerNorm, type Tensor, zeros } from '@um-mae/torch';

type Tensors = ReadonlyMap<string, Tensor>;

/** The parts of a block, by the names that a program gives them. */
interface BlockNames {
  readonly block: (index: number) => string;
  readonly norms: readonly [string, string];
  /** One matrix of queries, keys and values, or three. */
  readonly qkv: readonly string[];
  readonly projection: string;
  readonly mlp: readonly [string, string];
  /** Names of the factors of LayerScale. */
  readonly factors: readonly (readonly [string, string])[];
}

/** The names of one program, and what it does where nothing is said beside the weights. */
interface Scheme extends BlockNames {
  readonly program: string;
  readonly patches: string;
  readonly classToken: string;
  readonly positions: string;
  readonly registers: readonly string[];
  readonly norm: string;
}

const timm: Scheme = {
  program: 'timm',
  patches: 'patch_embed.proj',
  classToken: 'cls_token',
  positions: 'pos_embed',
  registers: ['reg_token', 'register_tokens', 'storage_tokens'],
  norm: 'norm',
  block: (index) => `blocks.${index}.`,
  norms: ['norm1', 'norm2'],
  qkv: ['attn.qkv'],
  projection: 'attn.proj',
  mlp: ['mlp.fc1', 'mlp.fc2'],
  factors: [
    ['ls1.gamma', 'ls2.gamma'],
    ['gamma_1', 'gamma_2'],
  ],
};

/** DINOv2 of Hugging Face has timm's norms and MLP inside its own layers. */
const dinov2: Scheme = {
  program: 'Hugging Face (DINOv2)',
  patches: 'embeddings.patch_embeddings.projection',
  classToken: 'embeddings.cls_token',
  positions: 'embeddings.position_embeddings',
  registers: ['embeddings.register_tokens'],
  norm: 'layernorm',
  block: (index) => `encoder.layer.${index}.`,
  norms: ['norm1', 'norm2'],
  qkv: ['query', 'key', 'value'].map((part) => `attention.attention.${part}`),
  projection: 'attention.output.dense',
  mlp: ['mlp.fc1', 'mlp.fc2'],
  factors: [['layer_scale1.lambda1', 'layer_scale2.lambda1']],
};

const huggingFace: Scheme = Object.assign({}, dinov2, {
  program: 'Hugging Face (ViT)',
  registers: [],
  norms: ['layernorm_before', 'layernorm_after'],
  mlp: ['intermediate.dense', 'output.dense'],
  factors: [],
} as const);

const schemes = [timm, dinov2, huggingFace] as const;

/** Facts that names do not tell. */
export interface DefinitionOptions {
  readonly epsilon: number;
  readonly heads: number;
  /** Whether the last norm is that of the encoder, and not of a head. */
  readonly hasNorm: boolean;
}

/** The result of a definition on some images. */
export interface DefinedEmbedding {
  /** The program whose definition it is. */
  readonly program: string;
  /** The mean of the tokens of patches, [batch, channels]. */
  readonly embedding: Tensor;
}

/**
 * Computes what the program that wrote the weights does.
 *
 * @param tensors as the file names them, without what wraps all names
 * @param images [batch, 3, height, width] in the numbers that the program gives its networks
 * @returns undefined where the names of the encoder are not all those of one program
 */
export function definedEmbedding(
  tensors: Tensors,
  images: Tensor,
  options: DefinitionOptions,
): DefinedEmbedding | undefined {
  const scheme = schemes.find(({ patches, block, norms: [first] }) =>
    [`${patches}.weight`, `${block(0)}${first}.weight`].every((name) => tensors.has(name)),
  );
  if (!scheme) return undefined;
  const own = new NamedWeights(tensors);
  const embedding = own.complete(() => compute(images, scheme, own, options));
  return embedding && own.unusedIn(scheme.block).length === 0
    ? { program: scheme.program, embedding }
    : undefined;
}

/** Weights that note which of them are used. */
class NamedWeights {
  readonly #used = new Set<string>();
  #isComplete = true;

  constructor(private readonly tensors: Tensors) {}

  optional(name: string): Tensor | undefined {
    this.#used.add(name);
    return this.tensors.get(name)?.to('f32');
  }

  weight(name: string): Tensor {
    const found = this.optional(name);
    if (!found) this.#isComplete = false;
    return found ?? zeros([1]);
  }

  /** The result, unless a weight was missing. */
  complete(compute: () => Tensor): Tensor | undefined {
    const result = compute();
    return this.#isComplete ? result : undefined;
  }

  /** Names of blocks that nothing has used. */
  unusedIn(block: (index: number) => string): string[] {
    const start = block(0).replace('0.', '');
    return [...this.tensors.keys()].filter(
      (name) => name.startsWith(start) && !this.#used.has(name),
    );
  }

  linear(x: Tensor, name: string): Tensor {
    const product = x.matmul(this.weight(`${name}.weight`).t());
    const bias = this.optional(`${name}.bias`);
    return bias ? product.add(bias) : product;
  }

  norm(x: Tensor, name: string, eps: number): Tensor {
    const weight = this.weight(`${name}.weight`);
    return layerNorm(x, weight.shape, { weight, bias: this.optional(`${name}.bias`), eps });
  }
}

function compute(
  images: Tensor,
  scheme: Scheme,
  own: NamedWeights,
  { epsilon, heads, hasNorm }: DefinitionOptions,
): Tensor {
  const patches = embedPatches(images, scheme, own);
  const [, places] = patches.sizes(3);
  let x = withTokens(patches, scheme, own);
  for (let i = 0; own.optional(`${scheme.block(i)}${scheme.norms[0]}.weight`); i++) {
    const at = scheme.block(i);
    const [first, second] = factorsOf(at, scheme, own);
    const mixed = attention(own.norm(x, at + scheme.norms[0], epsilon), at, { scheme, own, heads });
    x = x.add(first ? mixed.mul(first) : mixed);
    const hidden = own.linear(own.norm(x, at + scheme.norms[1], epsilon), at + scheme.mlp[0]);
    const changed = own.linear(hidden.gelu(), at + scheme.mlp[1]);
    x = x.add(second ? changed.mul(second) : changed);
  }
  const tokens = hasNorm ? own.norm(x, scheme.norm, epsilon) : x;
  return tokens.narrow(1, tokens.sizes(3)[1] - places, places).mean([1]);
}

/** [batch, 3, height, width] -> [batch, places, channels] */
function embedPatches(images: Tensor, { patches }: Scheme, own: NamedWeights): Tensor {
  const weight = own.weight(`${patches}.weight`);
  const [, , side] = weight.sizes(4);
  const map = conv2d(images, weight, { bias: own.optional(`${patches}.bias`), stride: side });
  return map.flatten({ startDim: 2 }).transpose(1, 2);
}

/** [batch, places, channels] -> [batch, 1 + registers + places, channels], with positions */
function withTokens(patches: Tensor, scheme: Scheme, own: NamedWeights): Tensor {
  const [batch, places, channels] = patches.sizes(3);
  const wide = (token: Tensor) => token.expand([batch, token.sizes(3)[1], channels]);
  const positions = own.weight(scheme.positions);
  const classToken = wide(own.weight(scheme.classToken));
  const hasClassRow = positions.shape[1] === places + 1;
  const registers = scheme.registers.flatMap((name) => own.optional(name) ?? []).map(wide);
  const placed = hasClassRow
    ? cat([classToken, patches], { dim: 1 }).add(positions)
    : cat([classToken, patches.add(positions)], { dim: 1 });
  const rest = placed.narrow(1, 1, places);
  return cat([placed.narrow(1, 0, 1), ...registers, rest], { dim: 1 });
}

function attention(
  x: Tensor,
  at: string,
  { scheme, own, heads }: { scheme: Scheme; own: NamedWeights; heads: number },
): Tensor {
  const [batch, tokens, channels] = x.sizes(3);
  const whole = cat(
    scheme.qkv.map((name) => own.linear(x, at + name)),
    { dim: 2 },
  );
  const [query = x, key = x, value = x] = whole
    .view([batch, tokens, 3, heads, channels / heads])
    .permute([2, 0, 3, 1, 4])
    .unbind();
  const shares = query
    .matmul(key.transpose(-2, -1))
    .div(Math.sqrt(channels / heads))
    .softmax(-1);
  const mixed = shares.matmul(value).transpose(1, 2).reshape([batch, tokens, channels]);
  return own.linear(mixed, at + scheme.projection);
}

function factorsOf(
  at: string,
  { factors }: Scheme,
  own: NamedWeights,
): [Tensor | undefined, Tensor | undefined] {
  const find = (place: 0 | 1) =>
    factors.map((names) => own.optional(at + names[place])).find((each) => each !== undefined);
  return [find(0), find(1)];
}
