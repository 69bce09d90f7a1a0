/** Constructor arguments of the published classes, as our options. */
import { z } from 'zod';
import type { BackboneOptions } from '../backbones/build.js';
import type { MaskingOptions } from '../masking/mask.js';
import type { MethodOptions } from '../objectives/build.js';

/** A class of the published implementation. */
export interface PublishedModel {
  readonly name: string;
  /** @param given constructor arguments */
  options(given: unknown): MethodOptions;
}

const pyramid = z.object({
  img_size: z.number(),
  patch_size: z.number(),
  depths: z.array(z.number()),
  num_heads: z.array(z.number()),
  norm_pix_loss: z.boolean(),
});

const swin = pyramid.extend({
  embed_dim: z.number(),
  window_size: z.number(),
  posmlp_dim: z.number(),
});

const pvt = pyramid.extend({
  embed_dims: z.array(z.number()),
  mlp_ratios: z.array(z.number()),
  sr_ratios: z.array(z.number()),
});

const vit = z.object({
  img_size: z.number(),
  patch_size: z.number(),
  embed_dim: z.number(),
  depth: z.number(),
  num_heads: z.number(),
  norm_pix_loss: z.boolean(),
});

const autoencoder = z.object({
  decoder_embed_dim: z.number(),
  decoder_depth: z.number(),
  decoder_num_heads: z.number(),
  vis_mask_ratio: z.number(),
});

/** @param windowShare compact windows in parts of the published ones, which are those of the grid they run on */
function swinBackbone(published: z.infer<typeof swin>, windowShare: number): BackboneOptions {
  return {
    kind: 'swin',
    channels: published.embed_dim,
    depths: published.depths,
    heads: published.num_heads,
    window: published.window_size * windowShare,
    positionChannels: published.posmlp_dim,
    patch: published.patch_size,
  };
}

/** @param full reductions on the full grid; published ones are those of the grid they run on */
function pvtBackbone(published: z.infer<typeof pvt>, full: readonly number[]): BackboneOptions {
  return {
    kind: 'pvt',
    channels: published.embed_dims,
    depths: published.depths,
    heads: published.num_heads,
    mlpRatios: published.mlp_ratios,
    reductions: full,
    patch: published.patch_size,
  };
}

function vitBackbone(published: z.infer<typeof vit>): BackboneOptions {
  const { embed_dim: channels, depth, num_heads: heads, patch_size: patch } = published;
  return { kind: 'vit', channels, depth, heads, patch };
}

function options(
  published: { readonly img_size: number; readonly norm_pix_loss: boolean },
  backbone: BackboneOptions,
  rest: Pick<MethodOptions, 'method' | 'masking' | 'decoder'>,
): MethodOptions {
  const image = { height: published.img_size, width: published.img_size };
  return { backbone, image, normPixels: published.norm_pix_loss, ...rest };
}

function maskedAutoencoder(published: z.infer<typeof autoencoder>, masking: MaskingOptions) {
  const { decoder_embed_dim: channels, decoder_depth: depth, decoder_num_heads: heads } = published;
  const decoder = { channels, depth, heads, positions: 'published' } as const;
  return { method: masking.kind === 'uniform' ? 'um-mae' : 'mae', masking, decoder } as const;
}

function uniform({ vis_mask_ratio: secondaryRatio }: z.infer<typeof autoencoder>): MaskingOptions {
  return { kind: 'uniform', cell: [2, 2], secondaryRatio, corners: 'balanced' };
}

/** The masks of a case are given; only their kind matters. */
const simmim = {
  method: 'simmim',
  masking: { kind: 'random', ratio: 0.75, secondaryRatio: 0 },
  decoder: { channels: 4, depth: 0, heads: 1, positions: 'aligned' },
} as const;

export const publishedModels: readonly PublishedModel[] = [
  {
    name: 'MaskedAutoencoderSwin',
    options(given) {
      const published = swin.extend(autoencoder.shape).parse(given);
      const rest = maskedAutoencoder(published, uniform(published));
      return options(published, swinBackbone(published, 1), rest);
    },
  },
  {
    name: 'MaskedAutoencoderPVT',
    options(given) {
      const published = pvt.extend(autoencoder.shape).parse(given);
      const rest = maskedAutoencoder(published, uniform(published));
      const full = published.sr_ratios.map((ratio) => 2 * ratio);
      return options(published, pvtBackbone(published, full), rest);
    },
  },
  {
    name: 'MaskedAutoencoderViT',
    options(given) {
      const published = vit.extend(autoencoder.shape).parse(given);
      const { vis_mask_ratio: secondaryRatio } = published;
      const masking = { kind: 'random', ratio: 0.75, secondaryRatio } as const;
      return options(published, vitBackbone(published), maskedAutoencoder(published, masking));
    },
  },
  {
    name: 'SimMIMSwin',
    options(given) {
      const published = swin.parse(given);
      return options(published, swinBackbone(published, 1 / 2), simmim);
    },
  },
  {
    name: 'SimMIMPVT',
    options(given) {
      const published = pvt.parse(given);
      return options(published, pvtBackbone(published, published.sr_ratios), simmim);
    },
  },
];
