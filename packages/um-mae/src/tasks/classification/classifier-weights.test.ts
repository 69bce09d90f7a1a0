import { Generator, type Tensor } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import type { BackboneOptions } from '../../backbones/families.js';
import { backbonePresets } from '../../backbones/families.js';
import { Classifier } from '../../heads/classifier.js';
import { buildObjective } from '../../objectives/build.js';
import { parsePretrainRecipe } from '../../recipes/parse.js';
import { fitClassifier, isHead } from './classifier-weights.js';

const swin: BackboneOptions = {
  ...backbonePresets['swin-micro'],
  channels: 8,
  heads: [1, 1, 1, 1],
};
const vit: BackboneOptions = {
  ...backbonePresets['vit-base'],
  channels: 16,
  depth: 2,
  heads: 2,
  patch: 8,
};
const options = { path: 'weights.pth', newHead: false, resizePositions: false };

function pretrained(backbone: BackboneOptions, side = 32): Map<string, Tensor> {
  const method = backbone.kind === 'vit' ? 'mae' : 'um-mae';
  const recipe = parsePretrainRecipe({
    backbone,
    method,
    image: { height: side, width: side },
    masking: { kind: backbone.kind === 'vit' ? 'random' : 'uniform', secondaryRatio: 0.25 },
    decoder: { channels: 16, depth: 1, heads: 2 },
  });
  return buildObjective(recipe, { generator: new Generator(3) }).state();
}

function classifier(backbone: BackboneOptions, classes = 4, side = 32): Classifier {
  const image = { height: side, width: side };
  const generator = new Generator(7);
  return new Classifier({ backbone, image, headPooling: 'mean', classes }, { generator });
}

describe('fitClassifier', () => {
  test('takes the encoder, and leaves out decoder, tokens and final norm', () => {
    const found = pretrained(swin);
    const fit = fitClassifier(classifier(swin), found, options);
    expect(fit.missing).toEqual(['fc_norm.weight', 'fc_norm.bias', 'head.weight', 'head.bias']);
    const left = fit.leftOut.filter((name) => !name.startsWith('decoder_'));
    expect(left.sort()).toEqual(['mask_token', 'norm.bias', 'norm.weight', 'vis_mask_token']);
    expect(fit.tensors.get('blocks.1.attn.qkv.weight')).toBe(found.get('blocks.1.attn.qkv.weight'));
  });

  test('takes the final norm when the class token is pooled', () => {
    const image = { height: 32, width: 32 };
    const pooled = { backbone: vit, image, headPooling: 'class-token', classes: 4 } as const;
    const model = new Classifier(pooled, { generator: new Generator(0) });
    const fit = fitClassifier(model, pretrained(vit), options);
    expect(fit.missing).toEqual(['head.weight', 'head.bias']);
    expect([...fit.tensors.keys()]).toContain('norm.weight');
  });

  test('resizes positions where that is asked for', () => {
    const model = classifier(vit, 4, 48);
    const found = pretrained(vit);
    expect(() => fitClassifier(model, found, options)).toThrow(
      'Expected `pos_embed` of shape [1, 37, 16] in weights.pth but got [1, 17, 16].\nAdd --resize-positions',
    );
    const fit = fitClassifier(model, found, { ...options, resizePositions: true });
    expect(fit.resized).toEqual(['pos_embed']);
    const table = fit.tensors.get('pos_embed');
    expect(table?.shape).toEqual([1, 37, 16]);
    // The class token's row stays.
    expectClose(table?.at(0, 0) as Tensor, found.get('pos_embed')?.at(0, 0) as Tensor, { atol: 0 });
  });

  test('keeps a head of the same classes, and replaces another one when told to', () => {
    const found = classifier(swin).state();
    expect(fitClassifier(classifier(swin), found, options).missing).toEqual([]);
    expect(() => fitClassifier(classifier(swin, 7), found, options)).toThrow(
      'Expected a head of 7 classes in weights.pth but got one of 4.\nAdd --new-head to replace it, or',
    );
    const fit = fitClassifier(classifier(swin, 7), found, { ...options, newHead: true });
    expect(fit.missing).toEqual(['fc_norm.weight', 'fc_norm.bias', 'head.weight', 'head.bias']);
  });

  test('refuses a head that reads something else, unless a new one is to replace it', () => {
    const image = { height: 32, width: 32 };
    const all = { backbone: swin, image, headPooling: 'mean-and-deviation', classes: 4 } as const;
    const model = new Classifier(all, { generator: new Generator(0) });
    const found = classifier(swin).state();
    const [, read] = model.head.weight.shape;
    expect(() => fitClassifier(model, found, options)).toThrow(
      `Expected a head that reads ${read} numbers, as \`head.pooling\` mean-and-deviation does, in weights.pth but got one that reads ${model.encoder.width}.\nSet head.pooling`,
    );
    const fit = fitClassifier(model, found, { ...options, newHead: true });
    expect(fit.missing.filter((name) => !isHead(name))).toEqual([]);
    expect(fitClassifier(model, model.state(), options).missing).toEqual([]);
  });

  test('refuses weights without an encoder, and those of another model', () => {
    const decoder = [...pretrained(swin)].filter(([name]) => name.startsWith('decoder'));
    expect(() => fitClassifier(classifier(swin), new Map(decoder), options)).toThrow(
      'Expected weights of an encoder in weights.pth but got none.',
    );
    expect(() => fitClassifier(classifier(swin), pretrained(vit), options)).toThrow(
      /^Expected weights of this model in weights.pth but got none for \d+ of \d+ names/,
    );
    const wide: BackboneOptions = {
      ...backbonePresets['swin-micro'],
      channels: 16,
      heads: [1, 1, 1, 1],
    };
    expect(() => fitClassifier(classifier(swin), pretrained(wide), options)).toThrow(
      'Expected `patch_embed.proj.weight` of shape [8, 3, 2, 2] in weights.pth but got [16, 3, 2, 2], which is another model.',
    );
  });
});
