/** Constructor arguments of the published classes, as our options. */
import { z } from 'zod';
import type { BackboneOptions } from '../../backbones/families.js';
import type { MaskingOptions } from '../../masking/mask.js';
import type { MethodOptions } from '../../objectives/build.js';
import {
  parseArguments,
  pvt,
  pvtBackbone,
  swin,
  swinBackbone,
  vit,
  vitBackbone,
} from './published-backbones.js';

/** A class of the published implementation. */
export interface PublishedModel {
  readonly name: string;
  /** @param given constructor arguments */
  options(given: unknown): MethodOptions;
}

const target = z.object({ norm_pix_loss: z.boolean() });

const autoencoder = target.extend({
  decoder_embed_dim: z.number(),
  decoder_depth: z.number(),
  decoder_num_heads: z.number(),
  /** A decoder's own where the encoder has one for each stage; else both have the same. */
  decoder_mlp_ratio: z.number().optional(),
  mlp_ratio: z.number().default(4),
  norm_eps: z.number().default(1e-6),
  vis_mask_ratio: z.number(),
});

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
  const { decoder_mlp_ratio: mlpRatio = published.mlp_ratio, norm_eps: epsilon } = published;
  const sizes = { channels, depth, heads, mlpRatio, epsilon, stages: 'last' } as const;
  const decoder = { kind: 'dense', ...sizes, positions: 'published' } as const;
  return { method: masking.kind === 'uniform' ? 'um-mae' : 'mae', masking, decoder } as const;
}

function uniform({ vis_mask_ratio: secondaryRatio }: z.infer<typeof autoencoder>): MaskingOptions {
  return { kind: 'uniform', cell: [2, 2], secondaryRatio, corners: 'balanced' };
}

/** The masks of a case are given; only their kind matters. */
const simmim = {
  method: 'simmim',
  masking: { kind: 'random', ratio: 0.75, secondaryRatio: 0 },
  decoder: {
    kind: 'dense',
    channels: 4,
    depth: 0,
    heads: 1,
    mlpRatio: 4,
    epsilon: 1e-6,
    stages: 'last',
    positions: 'aligned',
  },
} as const;

export const publishedModels: readonly PublishedModel[] = [
  {
    name: 'MaskedAutoencoderSwin',
    options(given) {
      const published = parseArguments(swin.extend(autoencoder.shape), given);
      const rest = maskedAutoencoder(published, uniform(published));
      return options(published, swinBackbone(published, 1), rest);
    },
  },
  {
    name: 'MaskedAutoencoderPVT',
    options(given) {
      const published = parseArguments(pvt.extend(autoencoder.shape), given);
      const rest = maskedAutoencoder(published, uniform(published));
      const full = published.sr_ratios.map((ratio) => 2 * ratio);
      return options(published, pvtBackbone(published, full), rest);
    },
  },
  {
    name: 'MaskedAutoencoderViT',
    options(given) {
      const published = parseArguments(vit.extend(autoencoder.shape), given);
      const { vis_mask_ratio: secondaryRatio } = published;
      const masking = { kind: 'random', ratio: 0.75, secondaryRatio } as const;
      return options(published, vitBackbone(published), maskedAutoencoder(published, masking));
    },
  },
  {
    name: 'SimMIMSwin',
    options(given) {
      const published = parseArguments(swin.extend(target.shape), given);
      return options(published, swinBackbone(published, 1 / 2), simmim);
    },
  },
  {
    name: 'SimMIMPVT',
    options(given) {
      const published = parseArguments(pvt.extend(target.shape), given);
      return options(published, pvtBackbone(published, published.sr_ratios), simmim);
    },
  },
];
