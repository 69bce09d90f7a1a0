import { Generator, randn, type Tensor } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { Vit } from '../../backbones/vit/vit.js';
import { MaskedAutoencoder } from '../../objectives/masked-autoencoder.js';
import { unwrap } from '../wrappers.js';
import { publishedNames } from './foreign-names.js';

const generator = new Generator(1);
const sizes = { channels: 8, heads: 2, mlpRatio: 4, epsilon: 1e-6 } as const;
const plain = { layerScale: 0, registers: 0 } as const;
const backbone = { kind: 'vit', ...sizes, ...plain, depth: 2, patch: 4 } as const;
const image = { height: 16, width: 16 };

/** Lists the names that Hugging Face gives the weights of a block, each with ours. */
function blockNames(theirs: string, ours: string): [string, string][] {
  const parts = {
    layernorm_before: 'norm1',
    'attention.attention.query': 'attn.qkv',
    'attention.attention.key': 'attn.qkv',
    'attention.attention.value': 'attn.qkv',
    'attention.output.dense': 'attn.proj',
    layernorm_after: 'norm2',
    'intermediate.dense': 'mlp.fc1',
    'output.dense': 'mlp.fc2',
  };
  return Object.entries(parts).flatMap(([foreign, own]) =>
    ['weight', 'bias'].map((kind): [string, string] => [
      `${theirs}.${foreign}.${kind}`,
      `${ours}.${own}.${kind}`,
    ]),
  );
}

const vitNames: readonly [string, string][] = [
  ['embeddings.cls_token', 'cls_token'],
  ['embeddings.position_embeddings', 'pos_embed'],
  ['embeddings.patch_embeddings.projection.weight', 'patch_embed.proj.weight'],
  ['embeddings.patch_embeddings.projection.bias', 'patch_embed.proj.bias'],
  ...blockNames('encoder.layer.0', 'blocks.0'),
  ...blockNames('encoder.layer.1', 'blocks.1'),
  ['layernorm.weight', 'norm.weight'],
  ['layernorm.bias', 'norm.bias'],
];

const decoderNames: readonly [string, string][] = [
  ['decoder.mask_token', 'mask_token'],
  ['decoder.decoder_pos_embed', 'decoder_pos_embed'],
  ...['decoder_embed', 'decoder_norm', 'decoder_pred'].flatMap((part) =>
    ['weight', 'bias'].map((kind): [string, string] => [
      `decoder.${part}.${kind}`,
      `${part}.${kind}`,
    ]),
  ),
  ...blockNames('decoder.decoder_layers.0', 'decoder_blocks.0'),
];

/** A state as Hugging Face would hold it, with the values of one of ours. */
function foreign(
  own: ReadonlyMap<string, Tensor>,
  names: readonly (readonly [string, string])[],
  prefix = '',
): Map<string, Tensor> {
  return new Map(
    names.map(([theirs, ours]) => {
      const value = own.get(ours);
      if (!value) throw new TypeError(ours);
      const third = ['query', 'key', 'value'].findIndex((part) => theirs.includes(`.${part}.`));
      const rows = (value.shape[0] ?? 0) / 3;
      return [prefix + theirs, third < 0 ? value : value.narrow(0, third * rows, rows)];
    }),
  );
}

function expectSame(found: ReadonlyMap<string, Tensor>, expected: ReadonlyMap<string, Tensor>) {
  expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, value] of expected) {
    expect(found.get(name)?.toArray(), name).toEqual(value.toArray());
  }
}

/** Names as a file of weights has them, as ours. */
function renamed(tensors: ReadonlyMap<string, Tensor>) {
  return publishedNames(unwrap(tensors, undefined, 'a file').tensors);
}

describe('publishedNames', () => {
  const vit = new Vit(backbone, image, { generator }).state();

  test.each(['', 'vit.', 'deit.'])('renames a ViT of Hugging Face, prefix "%s"', (prefix) => {
    expectSame(renamed(foreign(vit, vitNames, prefix)), vit);
  });

  test('renames a ViT-MAE of Hugging Face', () => {
    const model = new MaskedAutoencoder(
      {
        backbone,
        image,
        masking: { kind: 'random', ratio: 0.75, secondaryRatio: 0 },
        decoder: { kind: 'dense', ...sizes, depth: 1, stages: 'last', positions: 'aligned' },
        normPixels: true,
      },
      { generator },
    ).state();
    const theirs = new Map([...foreign(model, vitNames, 'vit.'), ...foreign(model, decoderNames)]);
    expectSame(renamed(theirs), model);
  });

  test('keeps the names of timm, with head and norm of a classifier', () => {
    const timm = new Map([
      ...vit,
      ['head.weight', randn([3, 8], { generator })] as const,
      ['fc_norm.weight', randn([8], { generator })] as const,
    ]);
    expectSame(renamed(timm), timm);
    const wrapped = new Map([...timm].map(([name, value]) => [`module.${name}`, value]));
    expectSame(renamed(wrapped), timm);
  });

  test('leaves the weights of other networks alone', () => {
    const other = new Map([
      ['encoder.layer.0.output.dense.weight', randn([2], { generator })],
      ['module.a', randn([2], { generator })],
    ]);
    expectSame(renamed(other), other);
  });

  test('refuses what has no key, or two names for one weight', () => {
    const theirs = foreign(vit, vitNames);
    const key = 'encoder.layer.1.attention.attention.key.bias';
    const keyless = new Map([...theirs].filter(([name]) => name !== key));
    expect(() => renamed(keyless)).toThrow(
      'Expected a key for `blocks.1.attn.qkv.bias` but got none.',
    );
    expect(() => renamed(new Map([...theirs, ...vit]))).toThrow(
      'Expected `cls_token` once but got it under two names.',
    );
  });
});
