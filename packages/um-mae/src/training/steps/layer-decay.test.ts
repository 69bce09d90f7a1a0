import { zeros } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { layerDecayGroups } from './layer-decay.js';

const parameters = new Map(
  (
    [
      ['cls_token', [1, 1, 4]],
      ['patch_embed.proj.weight', [4, 3, 2, 2]],
      ['patch_embed.proj.bias', [4]],
      ['blocks.0.attn.posmlp.0.weight', [2, 2, 1, 1]],
      ['blocks.1.downsample.proj.weight', [4, 4, 2, 2]],
      ['blocks.10.norm1.weight', [4]],
      ['fc_norm.weight', [4]],
      ['head.weight', [3, 4]],
    ] as const
  ).map(([name, shape]) => [name, zeros(shape)]),
);

describe('layerDecayGroups', () => {
  const options = { blocks: 11, layerDecay: 0.5, weightDecay: 0.05 };
  const groups = layerDecayGroups(parameters, options);

  test('lets the embedding learn slowest, each block at its own rate, and the head at the full one', () => {
    const scales = groups.flatMap((group) =>
      [...group.parameters.keys()].map((name) => [name, group.learningRateScale]),
    );
    expect(Object.fromEntries(scales)).toEqual({
      cls_token: 0.5 ** 12,
      'patch_embed.proj.bias': 0.5 ** 12,
      'patch_embed.proj.weight': 0.5 ** 12,
      'blocks.0.attn.posmlp.0.weight': 0.5 ** 11,
      'blocks.1.downsample.proj.weight': 0.5 ** 10,
      'blocks.10.norm1.weight': 0.5,
      'fc_norm.weight': 1,
      'head.weight': 1,
    });
  });

  test('decays matrices and kernels, but no vectors, positions or class tokens', () => {
    const decayed = groups.filter(({ weightDecay }) => weightDecay > 0);
    expect(decayed.flatMap((group) => [...group.parameters.keys()])).toEqual([
      'patch_embed.proj.weight',
      'blocks.0.attn.posmlp.0.weight',
      'blocks.1.downsample.proj.weight',
      'head.weight',
    ]);
  });

  test('is one rate for all at a decay of 1', () => {
    const even = layerDecayGroups(parameters, { ...options, layerDecay: 1 });
    expect(new Set(even.map(({ learningRateScale }) => learningRateScale))).toEqual(new Set([1]));
  });
});
