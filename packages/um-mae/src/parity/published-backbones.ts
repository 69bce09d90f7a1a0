/** Translates constructor arguments of the published backbones to our options. */
import { z } from 'zod';
import type { BackboneOptions } from '../backbones/families.js';

const common = z.object({ img_size: z.number(), norm_eps: z.number().default(1e-6) });

const pyramid = common.extend({
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
});

/**
 * @param windowShare compact windows in parts of the published ones, which are those of the grid
 *   they run on
 */
export function swinBackbone(
  published: z.infer<typeof swin>,
  windowShare: number,
): BackboneOptions {
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
