import { Generator } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { type BackboneName, backbonePresets, shapeOf } from '../backbones/families.js';
import { publishedText } from '../parity/published/published-files.js';
import { arithmetic } from './arithmetic.js';
import { buildObjective, type Method, type MethodOptions } from './build.js';

interface PublishedCounts {
  readonly models: Readonly<
    Record<string, { readonly macs_fine: Readonly<Record<string, number>> }>
  >;
}

function ours(name: BackboneName, method: Method, depth = 2) {
  const side = name.startsWith('vit') ? 224 : 256;
  return arithmetic({
    method,
    backbone: backbonePresets[name],
    image: { height: side, width: side },
    masking:
      method === 'um-mae'
        ? { kind: 'uniform', cell: [2, 2], secondaryRatio: 0.25, corners: 'independent' }
        : { kind: 'random', ratio: 0.75, secondaryRatio: 0 },
    decoder: {
      kind: 'dense',
      channels: 512,
      depth,
      heads: 16,
      mlpRatio: 4,
      epsilon: 1e-6,
      stages: 'last',
      positions: 'aligned',
    },
    normPixels: true,
  });
}

describe('arithmetic', () => {
  const { models } = JSON.parse(publishedText('flops.json')) as PublishedCounts;

  test.each([
    ['swin-tiny', 'um-mae', 'mae_swin_tiny_256', 2],
    ['swin-large', 'um-mae', 'mae_swin_large_256', 8],
    ['pvt-small', 'um-mae', 'mae_pvt_small_256', 2],
    ['swin-tiny', 'simmim', 'simmim_swin_tiny_256', 2],
    ['pvt-small', 'simmim', 'simmim_pvt_small_256', 2],
    ['vit-base', 'mae', 'mae_vit_base_patch16_dec512d2b', 2],
  ] as const)('counts the products of %s with %s as published', (name, method, key, depth) => {
    const theirs = models[key]?.macs_fine ?? {};
    const part = (...parts: string[]) => parts.reduce((sum, each) => sum + (theirs[each] ?? 0), 0);
    const counted = ours(name, method, depth);
    expect(counted.attentionProjections).toBe(
      part('attention_projections', 'spatial_reduction_projection'),
    );
    expect(counted.attentionProducts).toBe(part('attention_matmul'));
    expect(counted.mlp).toBe(part('mlp'));
    expect(counted.downsample).toBe(part('downsample'));
    // Published: every patch is embedded, and every unit decoded and predicted.
    expect(counted.patchEmbedding).toBe((method === 'simmim' ? 1 : 1 / 4) * part('patch_embed'));
    if (method === 'simmim') expect(counted.decoder).toBe(part('decoder_pred'));
    else {
      const tokens = name.startsWith('vit') ? 197 : 256;
      const dropped = name.startsWith('vit') ? 147 : 192;
      const saved = (1 - dropped / tokens) / depth;
      expect(counted.decoder).toBeCloseTo(
        part('decoder_embed') +
          (1 - saved) * part('decoder_attention_matmul', 'decoder_mlp') +
          (1 - saved / 4) * part('decoder_attention_projections') +
          (dropped / tokens) * part('decoder_pred'),
        -1,
      );
    }
  });
});

describe('arithmetic of a cross decoder', () => {
  test.each([
    ['swin-micro', 0],
    ['vit-small', 1],
  ] as const)('counts the weights of %s once for each token that meets them', (name, front) => {
    const backbone = backbonePresets[name];
    const side = 64;
    const options = {
      method: 'um-mae',
      backbone,
      image: { height: side, width: side },
      masking: { kind: 'uniform', cell: [2, 2], secondaryRatio: 0.25, corners: 'independent' },
      decoder: {
        kind: 'cross',
        channels: 32,
        depth: 3,
        heads: 4,
        mlpRatio: 2.5,
        epsilon: 1e-6,
        stages: 'all',
        predicted: 0.25,
      },
      normPixels: true,
    } as const satisfies MethodOptions;
    const { unit, unitsPerToken } = shapeOf(backbone);
    const units = (side / unit) ** 2;
    const seen = units / 4 + front;
    const predicted = Math.round(0.25 * (units - units / 4));
    const embedded = units / 4 / unitsPerToken ** 2 + front;
    const model = buildObjective(options, { generator: new Generator(0) });
    const products = [...model.namedParameters()].map(([path, { shape, elements }]) => {
      if (!path.startsWith('decoder_') || shape.length < 2) return 0;
      if (path.startsWith('decoder_embed')) return embedded * elements;
      if (path.startsWith('decoder_stage_embeds')) return (units / 4) * elements;
      return (path.includes('.kv.') ? seen : predicted) * elements;
    });
    const attention = 3 * predicted * seen * 2 * 32;
    expect(arithmetic(options).decoder).toBe(products.reduce((a, b) => a + b, attention));
  });
});
