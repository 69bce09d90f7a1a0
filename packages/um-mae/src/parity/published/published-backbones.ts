/** Translates constructor arguments of the published backbones to our options. */
import { z } from 'zod';
import type { BackboneOptions } from '../../backbones/families.js';
import { UmMaeError } from '../../errors.js';

/** Every argument is mapped to ours, or has to be what ours always is. */
const common = z.strictObject({
  img_size: z.number(),
  in_chans: z.literal(3).optional(),
  drop_path_rate: z.literal(0).optional(),
  norm_eps: z.number().default(1e-6),
});

const pyramid = common.extend({
  /** Side of a mask unit: a token of the last stage but one. */
  stride: z.number().optional(),
  patch_size: z.number(),
  depths: z.array(z.number()),
  num_heads: z.array(z.number()),
});

export const swin = pyramid.extend({
  embed_dim: z.number(),
  mlp_ratio: z.number().default(4),
  window_size: z.number(),
  posmlp_dim: z.number(),
});

export const pvt = pyramid.extend({
  embed_dims: z.array(z.number()),
  mlp_ratios: z.array(z.number()),
  sr_ratios: z.array(z.number()),
});

export const vit = common.extend({
  patch_size: z.number(),
  embed_dim: z.number(),
  depth: z.number(),
  num_heads: z.number(),
  mlp_ratio: z.number().default(4),
  qkv_bias: z.literal(true).optional(),
});

/**
 * Reads the arguments of a published constructor.
 *
 * @throws UmMaeError naming the first that we do not map, or that ours has another value for
 */
export function parseArguments<Arguments>(schema: z.ZodType<Arguments>, given: unknown): Arguments {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : undefined;
  const name = unknown?.[0] ?? issue?.path.join('.') ?? '';
  const value = JSON.stringify(Reflect.get(Object(given), name));
  throw new UmMaeError(
    'parity',
    unknown
      ? `Expected constructor arguments that are mapped to ours but got \`${name}\` of ${value}.`
      : `Expected another value of the constructor argument \`${name}\` but got ${value}.`,
  );
}

/** @throws UmMaeError where mask units are of another side than ours */
function checkStride({ stride, patch_size: patch, depths }: z.infer<typeof pyramid>): void {
  const unit = patch * 2 ** (depths.length - 2);
  if (stride === undefined || stride === unit) return;
  throw new UmMaeError('parity', `Expected a \`stride\` of ${unit} but got ${stride}.`);
}

/**
 * @param windowShare compact windows in parts of the published ones, which are those of the grid
 *   they run on
 */
export function swinBackbone(
  published: z.infer<typeof swin>,
  windowShare: number,
): BackboneOptions {
  checkStride(published);
  return {
    kind: 'swin',
    channels: published.embed_dim,
    depths: published.depths,
    heads: published.num_heads,
    window: published.window_size * windowShare,
    positionChannels: published.posmlp_dim,
    patch: published.patch_size,
    mlpRatio: published.mlp_ratio,
    epsilon: published.norm_eps,
  };
}

/** @param full reductions on the full grid; published ones are those of the grid they run on */
export function pvtBackbone(
  published: z.infer<typeof pvt>,
  full: readonly number[],
): BackboneOptions {
  checkStride(published);
  return {
    kind: 'pvt',
    channels: published.embed_dims,
    depths: published.depths,
    heads: published.num_heads,
    mlpRatios: published.mlp_ratios,
    reductions: full,
    patch: published.patch_size,
    epsilon: published.norm_eps,
  };
}

export function vitBackbone(published: z.infer<typeof vit>): BackboneOptions {
  const { embed_dim: channels, depth, num_heads: heads, patch_size: patch } = published;
  const { mlp_ratio: mlpRatio, norm_eps: epsilon } = published;
  const sizes = { channels, depth, heads, patch, mlpRatio, epsilon };
  return { kind: 'vit', ...sizes, layerScale: 0, registers: 0 };
}
