import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { backbonePresets } from '../backbones/presets.js';
import { arithmetic } from './arithmetic.js';

const published = new URL('../../../../../shared/fixtures/flops.json', import.meta.url);

interface PublishedCounts {
  readonly models: Readonly<
    Record<string, { readonly macs_fine: Readonly<Record<string, number>> }>
  >;
}

describe.skipIf(!existsSync(published))('arithmetic (needs ../shared/fixtures)', () => {
  const { models } = JSON.parse(readFileSync(published, 'utf8')) as PublishedCounts;

  test.each([
    ['swin-tiny', 'mae_swin_tiny_256', { channels: 512, depth: 2, heads: 16 }],
    ['swin-large', 'mae_swin_large_256', { channels: 512, depth: 8, heads: 16 }],
  ] as const)('counts the products of %s as published', (name, key, decoder) => {
    const theirs = models[key]?.macs_fine ?? {};
    const ours = arithmetic({
      backbone: backbonePresets[name],
      image: { height: 256, width: 256 },
      masking: { kind: 'uniform', secondaryRatio: 0.25, corners: 'independent' },
      decoder: { ...decoder, positions: 'aligned' },
      normPixels: true,
    });
    const part = (...parts: string[]) => parts.reduce((sum, each) => sum + (theirs[each] ?? 0), 0);
    expect(ours.attentionProjections).toBe(part('attention_projections'));
    expect(ours.attentionProducts).toBe(part('attention_matmul'));
    expect(ours.mlp).toBe(part('mlp'));
    expect(ours.downsample).toBe(part('downsample'));
    // Published: every patch is embedded and every unit predicted.
    expect(ours.patchEmbedding).toBe(part('patch_embed') / 4);
    expect(ours.decoder).toBe(
      part('decoder_attention_matmul', 'decoder_attention_projections', 'decoder_embed') +
        part('decoder_mlp') +
        (3 / 4) * part('decoder_pred'),
    );
  });
});
