/** Weights that cannot be used are refused by name, by every command. */
import { writeFileSync } from 'node:fs';
import { Generator, randn, tensor } from '@um-mae/torch';
import type { Picklable } from '@um-mae/torch/serialization';
import { beforeAll, describe, expect, test } from 'vitest';
import { refusal } from '../../testing/command-line.js';
import {
  other,
  type State,
  state,
  under,
  WeightsFolder,
  withNames,
} from '../../testing/foreign-vit.js';

const weights = new WeightsFolder();
const at = (name: string) => weights.at(name);
const folder = weights.path;
const picture = at('picture.png');
const generator = new Generator(2);
const plain: State = new Map([...state].filter(([name]) => !/register|\.ls\d/.test(name)));

beforeAll(async () => {
  await weights.picture();
  weights.say('.');
});

describe('weights that cannot be used', () => {
  const cases: [name: string, content: Picklable | State, reason: RegExp][] = [
    ['qk.pth', withNames('blocks.0.attn.q_norm.weight'), /norms of queries and keys, `blocks\.0/],
    ['rope.pth', withNames('rope.freqs_cos'), /rotary positions \(RoPE\), `rope\.freqs_cos`/],
    ['rope3.pth', withNames('rope_embed.periods'), /rotary positions \(RoPE\)/],
    ['beit.pth', withNames('blocks.0.attn.relative_position_bias_table'), /relative positions/],
    ['beit_shared.pth', withNames('rel_pos_bias.relative_position_index'), /relative positions/],
    ['swiglu.pth', withNames('blocks.1.mlp.w12.weight'), /gated MLPs \(SwiGLU\)/],
    ['swiglu_hf.pth', withNames('blocks.1.mlp.weights_in.weight'), /gated MLPs \(SwiGLU\)/],
    ['clip.pth', withNames('norm_pre.weight'), /a norm in front of the blocks/],
    ['distilled.pth', withNames('dist_token'), /a distillation token/],
    ['lora.pth', withNames('blocks.0.attn.qkv.lora_A.weight'), /adapters that are not merged/],
    [
      'unknown.pth',
      withNames('blocks.0.extra.gate'),
      /1 that it does not know: blocks\.0\.extra\.gate\.\nWithout them .* something else/,
    ],
    ['names_of_dinov3.pth', withNames('layer.0.attention.q_proj.weight'), /names of DINOv3/],
    [
      'no_positions.pth',
      new Map([...state].filter(([name]) => name !== 'pos_embed')),
      /a ViT without `pos_embed`/,
    ],
    ['prompt.pth', withNames('prompts'), /1 that it does not know: prompts/],
    [
      'no_class_row.pth',
      new Map([...plain, ['pos_embed', randn([1, 16, 16], { generator })]]),
      /positions without a row for the class token, `pos_embed` \[1, 16, 16\]/,
    ],
    [
      'no_class_token.pth',
      new Map([...plain].filter(([name]) => name !== 'cls_token')),
      /a ViT without a class token/,
    ],
    [
      'lacking.pth',
      new Map([...state].filter(([name]) => name !== 'blocks.1.ls2.gamma')),
      /none for 1 of \d+ names of its encoder: blocks\.1\.ls2\.gamma/,
    ],
    [
      'whole_numbers.pth',
      new Map([...state, ['norm.bias', tensor(Array(16).fill(1), { dtype: 'i64' })]]),
      /`norm\.bias` of floats in .* but got i64/,
    ],
    ['nan.pth', new Map([...state, ['head.bias', tensor([Number.NaN])]]), /NaN .*: head\.bias/],
    [
      'two.pth',
      { student: state, teacher: other },
      /got student, teacher\.\nChoose one by --entry/,
    ],
    [
      'two_parts.pth',
      new Map([...under('q.'), ...under('k.')]),
      /one encoder in .* but got q, k\./,
    ],
    ['nothing.pth', { epoch: 3, args: {} }, /Expected weights .* but got epoch, args/],
  ];

  test.each(cases)('are refused by name: %s', async (name, content, reason) => {
    expect(
      await refusal('embed', weights.write(name, content), picture, '--out', at('no.npy')),
    ).toMatch(reason);
  });

  /** The form of before PyTorch 1.6, with a pickle of a dict. */
  const legacy = (...items: readonly string[]) =>
    '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.' +
    `\x80\x02}X\r\0\0\0little_endian\x88s.\x80\x02}(${items.join('')}u.\x80\x02].`;
  const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
  const made = (name: string) => `ctorch._utils\n${name}\n)R`;
  const qkv = text('blocks.0.attn.qkv.weight');
  const table = (type: string) => {
    const header = `{"blocks.0.attn.qkv.weight":{"dtype":"${type}","shape":[2],"data_offsets":[0,2]}}`;
    return `${String.fromCharCode(header.length)}\0\0\0\0\0\0\0${header}ab`;
  };

  const files: [name: string, bytes: string, reason: RegExp][] = [
    ['pointer.safetensors', 'version https://git-lfs.github.com/spec/v1\noid', /Git LFS/],
    ['page.pth', '<!DOCTYPE html><html>', /a web page/],
    ['model.h5', '\x89HDF\r\n', /HDF5/],
    ['model.gguf', 'GGUF\x03', /GGUF/],
    ['array.npy', '\x93NUMPY\x01', /NumPy/],
    ['weights.pth.gz', '\x1f\x8b\x08', /gzip/],
    ['model.onnx', '\x08\x07\x12', /ONNX/],
    ['config_only.json', '{"a": 1}', /JSON/],
    ['text.pth', 'a shopping list', /PyTorch checkpoint/],
    ['sparse.pth', legacy(qkv, made('_rebuild_sparse_tensor')), /a sparse tensor for 1 .*qkv/],
    ['meta.pth', legacy(qkv, made('_rebuild_meta_tensor_no_storage')), /a meta tensor.*no num/],
    ['quantized.pth', legacy(qkv, made('_rebuild_qtensor')), /a quantized tensor for 1 of them/],
    ['int8.safetensors', table('I8'), /a tensor of I8 for 1 of them: blocks\.0\.attn\.qkv/],
    ['fp8.safetensors', table('F8_E4M3'), /a tensor of F8_E4M3 for 1 .*\nSave them as dense/],
  ];

  test.each(files)('are named for what they are: %s', async (name, bytes, reason) => {
    writeFileSync(at(name), bytes, 'latin1');
    expect(await refusal('inspect', at(name))).toMatch(reason);
  });

  test('are not made usable by leaving out what an encoder computes with', async () => {
    const odd = withNames('blocks.0.ls3.gamma', 'prompts');
    const path = weights.write('factors/model.safetensors', odd);
    weights.say('factors');
    const convert = ['convert', path, at('dropped.safetensors'), '--set', 'backbone.heads=2'];
    const allowed = ['--allow', 'blocks.0.ls3', '--allow', 'prompts'];
    expect(await refusal(...convert, ...allowed)).toMatch(
      /1 unexpected names: blocks\.0\.ls3\.gamma\.\nWithout them .* cannot be left out\.\n$/,
    );
    const flat = ['--set', 'backbone.layerScale=0', '--allow', 'blocks.', '--allow', 'prompts'];
    expect(await refusal(...convert, ...flat)).toMatch(/blocks\.0\.ls1\.gamma/);
  });

  test.each([
    ['embed', 'FILE', picture, '--out', at('x.npy')],
    ['probe', 'FILE', '--train', folder, '--val', folder],
    ['maps', 'FILE', picture, '--out', at('maps')],
    ['export', 'FILE', '--out', at('x.onnx')],
    ['export', 'FILE', '--out', at('x.safetensors')],
    ['convert', 'FILE', at('converted.safetensors')],
    ['reconstruct', 'FILE', picture, '--out', at('sheet.png')],
    ['inspect', 'FILE'],
    ['finetune', '--from', 'FILE', '--train', folder, '--val', folder, '--out', at('run')],
    ['evaluate', 'FILE', '--data', folder],
    ['predict', 'FILE', picture],
  ])('are refused by um-mae %s', async (...command) => {
    const infinite = new Map([...state, ['norm.bias', tensor(Array(16).fill(Infinity))]]);
    const path = weights.write('infinite.safetensors', infinite);
    const of = (file: string) => command.map((part) => (part === 'FILE' ? file : part));
    expect(await refusal(...of(path))).toMatch(/finite weights in .* in 1 of \d+: norm\.bias/);
    if (['inspect', 'evaluate', 'predict', 'finetune', 'reconstruct'].includes(command[0])) return;
    const strange = weights.write('strange.safetensors', withNames('blocks.1.attn.q_norm.weight'));
    expect(await refusal(...of(strange))).toMatch(/norms of queries and keys/);
  });
});
