import { Generator } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { backbonePresets } from '../backbones/families.js';
import { Vit } from '../backbones/vit/vit.js';
import { fitOf } from '../models/fit.js';
import { buildObjective } from '../objectives/build.js';
import { parsePretrainRecipe } from '../recipes/parse.js';
import { inferModel } from './infer-model.js';

const swin = {
  kind: 'swin',
  channels: 8,
  depths: [2, 1, 2, 1],
  heads: [1, 2, 2, 4],
  window: 4,
  positionChannels: 8,
  patch: 2,
  mlpRatio: 3,
};
const pvt = {
  kind: 'pvt',
  channels: [8, 16, 24],
  depths: [1, 2, 1],
  heads: [1, 2, 3],
  mlpRatios: [8, 2.5, 2],
  reductions: [4, 2, 1],
  patch: 2,
};
const vit = {
  kind: 'vit',
  channels: 24,
  depth: 3,
  heads: 3,
  patch: 4,
  mlpRatio: 2.6,
  epsilon: 1e-6,
  layerScale: 0,
  registers: 0,
};
const uniform = { kind: 'uniform', secondaryRatio: 0.25 };
const random = { kind: 'random' };
const decoder = { channels: 16, depth: 2, heads: 4, mlpRatio: 3.5 };
const image = { height: 32, width: 32 };

describe('inferModel', () => {
  test.each([
    ['um-mae', swin, uniform, ['backbone.window', 'decoder.heads']],
    ['simmim', swin, random, ['backbone.window']],
    [
      'um-mae',
      pvt,
      { ...uniform, secondaryRatio: 0 },
      ['backbone.heads', 'backbone.reductions', 'decoder.heads'],
    ],
    ['simmim', pvt, random, ['backbone.heads', 'backbone.reductions']],
    ['um-mae', vit, uniform, ['backbone.heads', 'decoder.heads']],
    ['mae', vit, random, ['backbone.heads', 'decoder.heads']],
    ['simmim', vit, random, ['backbone.heads']],
  ])('tells %s of %o, but for %o', (method, backbone, masking, open) => {
    const recipe = parsePretrainRecipe({ backbone, method, masking, decoder, image });
    const state = buildObjective(recipe, { generator: new Generator(0) }).state();
    const found = inferModel(state);
    expect(found).toMatchObject({ method, preset: undefined, open });
    const known = Object.entries(backbone).filter(([key]) => !open.includes(`backbone.${key}`));
    expect(found?.recipe.backbone).toMatchObject(Object.fromEntries(known));
    const inferred = parsePretrainRecipe(found?.recipe);
    expect(inferred.masking).toMatchObject(masking);
    const hasTable = method !== 'simmim' || backbone !== swin;
    if (hasTable) expect(inferred.image).toEqual(image);
    expect(fitOf(state, { extent: 'objective', recipe: inferred })).toMatchObject({
      missing: [],
      unexpected: [],
      reshaped: [],
    });
  });

  test('tells a cross decoder, and all sizes of it', () => {
    const recipe = parsePretrainRecipe({
      backbone: backbonePresets['swin-micro'],
      decoder: { kind: 'cross', channels: 128, depth: 3, heads: 4, stages: 'all' },
      image: { height: 64, width: 64 },
    });
    const state = buildObjective(recipe, { generator: new Generator(0) }).state();
    const found = inferModel(state);
    expect(found).toMatchObject({ method: 'um-mae', preset: 'swin-micro', open: [] });
    expect(parsePretrainRecipe(found?.recipe).decoder).toEqual(recipe.decoder);
  });

  test('tells everything of a preset', () => {
    const recipe = parsePretrainRecipe({
      backbone: backbonePresets['swin-micro'],
      decoder: { channels: 128, depth: 1, heads: 4, positions: 'published' },
      image: { height: 64, width: 64 },
    });
    const state = buildObjective(recipe, { generator: new Generator(0) }).state();
    const found = inferModel(state);
    expect(found).toMatchObject({ preset: 'swin-micro', open: [] });
    const { backbone, decoder: inferred, image: size } = parsePretrainRecipe(found?.recipe);
    expect({ backbone, decoder: inferred, image: size }).toEqual({
      backbone: recipe.backbone,
      decoder: recipe.decoder,
      image: recipe.image,
    });
  });

  test('tells an encoder alone, and takes what the published command line says', () => {
    const size = { height: 32, width: 32 };
    const state = new Vit({ ...vit, kind: 'vit' }, size, { generator: new Generator(0) }).state();
    expect(inferModel(state)).toMatchObject({ method: undefined, open: ['backbone.heads'] });
    const recipe = parsePretrainRecipe({
      backbone: vit,
      method: 'mae',
      masking: random,
      decoder,
      image,
    });
    const trained = buildObjective(recipe, { generator: new Generator(0) }).state();
    const command = new Map<string, unknown>([
      ['mask_regular', true],
      ['norm_pix_loss', false],
    ]);
    expect(inferModel(trained, { published: command })).toMatchObject({
      method: 'um-mae',
      recipe: { normPixels: false },
    });
  });

  test('does not know other networks', () => {
    const state = new Vit({ ...vit, kind: 'vit' }, image, { generator: new Generator(0) }).state();
    for (const left of ['cls_token', 'patch_embed.proj.weight', 'blocks.0.attn.qkv.weight']) {
      const other = new Map([...state].filter(([name]) => name !== left));
      expect(inferModel(other), left).toBeUndefined();
    }
    expect(inferModel(new Map())).toBeUndefined();
  });
});
