/** Constructor arguments of the published segmentation classes, as our options. */
import { z } from 'zod';
import { at } from '../../../at.js';
import type { ImageSize } from '../../../backbones/backbone.js';
import type { BackboneOptions } from '../../../backbones/families.js';
import { pvt } from '../../../backbones/pvt/family.js';
import type { Projection } from '../../../heads/segmentation/map-pyramid.js';
import type { SegmentorOptions } from '../../../heads/segmentation/segmentor.js';

const side = z.union([z.number(), z.tuple([z.number(), z.number()])]);

/** Constructor arguments that every backbone has. */
const common = {
  img_size: side,
  drop_path_rate: z.number().default(0),
  out_indices: z.array(z.number()).optional(),
  fpn_out_dim: z.number().default(768),
};

const swinArguments = z.strictObject({
  ...common,
  embed_dim: z.number(),
  depths: z.array(z.number()),
  num_heads: z.array(z.number()),
  mlp_ratio: z.number().default(4),
  window_size: z.number().default(16),
  posmlp_dim: z.number().default(32),
});

const { 'pvt-small': small } = pvt.presets;

const pvtArguments = z.strictObject({
  ...common,
  pretrain_size: z.number().optional(),
  embed_dims: z.array(z.number()).default([...small.channels]),
  depths: z.array(z.number()).default([...small.depths]),
  num_heads: z.array(z.number()).default([...small.heads]),
  mlp_ratios: z.array(z.number()).default([...small.mlpRatios]),
  sr_ratios: z.array(z.number()).default([...small.reductions]),
});

const vitArguments = z.strictObject({
  ...common,
  patch_size: z.number(),
  embed_dim: z.number(),
  depth: z.number(),
  num_heads: z.number(),
  mlp_ratio: z.number(),
  qkv_bias: z.literal(true),
  use_abs_pos_emb: z.literal(true),
  use_rel_pos_bias: z.boolean(),
  init_values: z.number().optional(),
  fpn1_norm: z.literal('BN'),
});

/** A published backbone for dense tasks, as our options. */
export interface DenseBackbone
  extends Pick<SegmentorOptions, 'backbone' | 'image' | 'taps' | 'relativePositions'> {
  readonly projection: Projection;
  readonly dropPath: number;
}

/** The name of the published backbone and what it was given. */
export interface PublishedBackbone {
  readonly family: string;
  /** The layers after each stage, in words; where there are none, a 1x1 convolution. */
  readonly projection?: string;
  readonly given: unknown;
}

/** @throws ZodError when an argument has no counterpart here */
export function denseBackbone(published: PublishedBackbone): DenseBackbone {
  const { given } = published;
  const kind = published.projection?.startsWith('LayerNorm') ? 'norm-linear' : 'conv';
  const shared = z.looseObject(common).parse(given);
  const image = imageOf(shared.img_size);
  const projection = { kind, channels: shared.fpn_out_dim } as const;
  const dropPath = shared.drop_path_rate;
  if (published.family === 'swin')
    return { backbone: swinOptions(given), image, projection, dropPath };
  if (published.family === 'vit') {
    const taps = shared.out_indices;
    const { use_rel_pos_bias: relativePositions } = vitArguments.parse(given);
    const plain = { image, taps, relativePositions, projection, dropPath };
    return { backbone: vitOptions(given), ...plain };
  }
  const { pretrain_size: stored } = pvtArguments.parse(given);
  const size = stored === undefined ? image : { height: stored, width: stored };
  return { backbone: pvtOptions(given), image: size, projection, dropPath };
}

function imageOf(size: z.infer<typeof side>): ImageSize {
  return typeof size === 'number'
    ? { height: size, width: size }
    : { height: at(size, 0), width: at(size, 1) };
}

/** The published norms of the embedding and of downsampling have PyTorch's own epsilon. */
const epsilon = 1e-5;

function swinOptions(given: unknown): BackboneOptions {
  const published = swinArguments.parse(given);
  return {
    kind: 'swin',
    channels: published.embed_dim,
    depths: published.depths,
    heads: published.num_heads,
    window: published.window_size / 2,
    positionChannels: published.posmlp_dim,
    patch: 4,
    mlpRatio: published.mlp_ratio,
    epsilon,
  };
}

function pvtOptions(given: unknown): BackboneOptions {
  const published = pvtArguments.parse(given);
  return {
    kind: 'pvt',
    channels: published.embed_dims,
    depths: published.depths,
    heads: published.num_heads,
    mlpRatios: published.mlp_ratios,
    reductions: published.sr_ratios,
    patch: 4,
    epsilon,
  };
}

function vitOptions(given: unknown): BackboneOptions {
  const published = vitArguments.parse(given);
  return {
    kind: 'vit',
    channels: published.embed_dim,
    depth: published.depth,
    heads: published.num_heads,
    patch: published.patch_size,
    mlpRatio: published.mlp_ratio,
    epsilon: 1e-6,
    layerScale: published.init_values ?? 0,
    registers: 0,
  };
}
