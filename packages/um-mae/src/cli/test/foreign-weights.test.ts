/** Weights as other programs write them, through the commands that take weights. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cat, Generator, randn, scope, type Tensor, tensor } from '@um-mae/torch';
import { type Picklable, writeSafetensors, writeTorchFile } from '@um-mae/torch/serialization';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { vit } from '../../backbones/testing/small-backbones.js';
import { Vit } from '../../backbones/vit/vit.js';
import { buildObjective } from '../../objectives/build.js';
import { parsePretrainRecipe } from '../../recipes/parse.js';
import { modelRecipe } from '../../recipes/pretrain/named.js';
import { refusal, temporaryFolder, umMae } from '../testing/command-line.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const picture = at('picture.png');
const generator = new Generator(1);
const image = { height: 32, width: 32 };
const options = { ...vit, epsilon: 1e-6, layerScale: 0.1, registers: 2 };
type State = ReadonlyMap<string, Tensor>;

/** A ViT with LayerScale and registers, all of whose weights are drawn. */
const state: State = new Map(
  [...new Vit(options, image, { generator }).state()].map(([name, { shape }]) => [
    name,
    randn(shape, { generator }).mul(0.3),
  ]),
);
const plain: State = new Map([...state].filter(([name]) => !/register|\.ls\d/.test(name)));
const under = (prefix: string, tensors = state): State =>
  new Map([...tensors].map(([name, value]) => [prefix + name, value]));
const other: State = new Map([...state].map(([name, value]) => [name, value.mul(0.5)]));
const one = tensor([1, 2]);
const withNames = (...names: readonly string[]): State =>
  new Map([...state, ...names.map((name) => [name, one] as const)]);

/** timm's names: registers are `reg_token`, and positions have no row for the class token. */
function timm(): State {
  const positions = state.get('pos_embed');
  const classToken = state.get('cls_token');
  if (!positions || !classToken) throw new TypeError('no positions');
  const named = [...state].map(
    ([name, value]) => [name === 'register_tokens' ? 'reg_token' : name, value] as const,
  );
  return new Map(named)
    .set('cls_token', classToken.add(positions.narrow(1, 0, 1)))
    .set('pos_embed', positions.slice({ dim: 1, start: 1 }));
}

/** Hugging Face's names of a DINOv2 with registers. */
function huggingFace(): State {
  const named = new Map<string, Tensor>();
  for (const [name, value] of state) {
    const [, block, part = ''] = /^blocks\.(\d+)\.(.*)$/.exec(name) ?? [];
    if (block === undefined) {
      const start = name
        .replace('patch_embed.proj', 'embeddings.patch_embeddings.projection')
        .replace(/^norm/, 'layernorm')
        .replace('pos_embed', 'embeddings.position_embeddings');
      named.set(/token/.test(name) ? `embeddings.${name}` : start, value);
      continue;
    }
    const layer = `encoder.layer.${block}.`;
    const [qkv, kind = ''] = part.split('qkv.');
    if (qkv !== part) {
      for (const [i, key] of ['query', 'key', 'value'].entries()) {
        named.set(`${layer}attention.attention.${key}.${kind}`, value.chunk(3)[i] ?? value);
      }
      continue;
    }
    named.set(
      layer +
        part
          .replace('attn.proj', 'attention.output.dense')
          .replace(/^ls(\d)\.gamma/, 'layer_scale$1.lambda1'),
      value,
    );
  }
  return named;
}

function write(name: string, content: Picklable | State): string {
  const path = at(name);
  mkdirSync(dirname(path), { recursive: true });
  if (content instanceof Map && /safetensors|weights$/.test(name)) writeSafetensors(path, content);
  else writeTorchFile(path, content);
  return path;
}

/** The weights in two files and an index. */
function shards(name: string, form: 'safetensors' | 'bin'): void {
  const entries = [...state];
  const parts = [new Map(entries.slice(0, 9)), new Map(entries.slice(9))];
  const base = form === 'bin' ? 'pytorch_model' : 'model';
  const files = parts.map((part, i) => {
    const file = `${base}-0000${i + 1}-of-00002.${form}`;
    write(join(name, file), part);
    return [...part.keys()].map((key) => [key, file] as const);
  });
  const index = { weight_map: Object.fromEntries(files.flat()) };
  writeFileSync(at(join(name, `${base}.${form}.index.json`)), JSON.stringify(index));
  config(name);
}

/** Says what weights of so small a model leave open. */
function config(name: string, said: object = { num_attention_heads: vit.heads }): void {
  mkdirSync(at(name), { recursive: true });
  writeFileSync(at(join(name, 'config.json')), JSON.stringify(said));
}

async function features(path: string, ...flags: readonly string[]) {
  const out = at('features.npy');
  const run = await umMae('embed', path, picture, '--out', out, '--overwrite', ...flags);
  return { ...run, bytes: run.code === 0 ? readFileSync(out) : undefined };
}

let expected: Buffer | undefined;

beforeAll(async () => {
  const pixels = Buffer.from(Array.from({ length: 40 * 40 * 3 }, (_, i) => (i * 37 + 11) % 251));
  await sharp(pixels, { raw: { width: 40, height: 40, channels: 3 } }).toFile(picture);
  for (const name of ['.', 'hf']) config(name);
  expected = (await features(write('base.safetensors', state))).bytes;
  expect(expected).toBeDefined();
  write('hf/pytorch_model.bin', state);
  shards('sharded', 'safetensors');
  shards('sharded-bin', 'bin');
});

describe('weights of other programs', () => {
  type Case = [name: string, content: Picklable | State, note?: RegExp, flags?: string[]];
  const cases: Case[] = [
    ['parallel.pth', { model: under('module.') }, /Took `module\.` off/],
    ['compiled.pth', { model: under('_orig_mod.') }, /_orig_mod/],
    ['lightning.ckpt', { state_dict: under('model.'), callbacks: {}, epoch: 1 }, /`model\.`/],
    ['three.pth', under('module._orig_mod.backbone.'), /`module\._orig_mod\.backbone\.`/],
    ['encoder.pth', { state_dict: under('encoder.') }, /`encoder\.`/],
    ['any.pth', under('net.0.trunk.'), /`net\.0\.trunk\.`/],
    [
      'beside.pth',
      new Map([...under('backbone.'), ['head.mlp.0.weight', one], ['norm.weight', one]]),
      /Left out 2 weights that are not the encoder's: head\.mlp\.0\.weight, beside\.norm\.weight/,
    ],
    ['ema.pth', { model_ema: state, epoch: 1 }, /under `model_ema`/],
    ['both.pth', { model: other, ema: state }, /under `ema`/, ['--entry', 'ema']],
    ['usual.pth', { model: state, ema: other }, /others under ema; --entry takes them/],
    [
      'teacher.pth',
      { student: under('module.', other), teacher: under('backbone.') },
      /teacher/,
      ['--entry', 'teacher'],
    ],
    [
      'part.safetensors',
      new Map([...under('encoder_q.'), ...under('encoder_k.', other)]),
      /^$/,
      ['--entry', 'encoder_q'],
    ],
    [
      'part.pth',
      { state_dict: new Map([...under('module.q.'), ...under('module.k.', other)]) },
      /^$/,
      ['--entry', 'state_dict.module.q'],
    ],
    ['deep.pth', { state: { network: { weights: state } } }, /`state\.network\.weights`/],
    ['moments.pth', { net: state, optimizer: { state: { a: under('x.') } } }, /under `net`/],
    ['number_inside.pth', { model: { ...Object.fromEntries(state), updates: 5 } }, /updates/],
    ['UPPER.PTH', state],
    ['no_ending', state],
    ['other.weights', state],
    ['half.pth', { model: state, fp16: true }],
    ['timm.safetensors', timm()],
    ['hugging_face.safetensors', huggingFace()],
    [
      'hugging_face_head.safetensors',
      new Map([...under('dinov2.', huggingFace()), ['classifier.weight', one]]),
      /`dinov2\.`/,
    ],
    [
      'chunks.pth',
      new Map([...state].map(([name, value]) => [name.replace(/^blocks\./, 'blocks.0.'), value])),
    ],
    [
      'gammas.pth',
      new Map(
        [...state].map(([name, value]) => [name.replace(/ls(\d)\.gamma/, 'gamma_$1'), value]),
      ),
    ],
    ['mask_token.pth', withNames('mask_token', 'head.weight'), /Left out 2 .*mask_token/],
  ];

  test.each(cases)('%s gives the same features', async (name, content, note = /^$/, flags = []) => {
    const { code, stderr, bytes } = await features(write(name, content), ...flags);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(note) });
    expect(bytes).toEqual(expected);
  });

  test.each(['hf', 'sharded', 'sharded-bin', 'sharded/model.safetensors.index.json'])(
    '%s is a model of its own',
    async (name) => expect((await features(at(name))).bytes).toEqual(expected),
  );

  test('tell epsilon and heads by what stands beside them', async () => {
    write('said/model.safetensors', state);
    config('said', { num_attention_heads: 4, layer_norm_eps: 1e-3 });
    const { model } = JSON.parse((await umMae('inspect', at('said'), '--json')).stdout);
    expect(model.backbone).toMatchObject({ heads: 4, epsilon: 1e-3, layerScale: 1e-5 });
    write('args.pth', { model: state, args: { num_heads: 8, norm_eps: 1e-5 } });
    const { stdout } = await umMae('inspect', at('args.pth'), '--json');
    expect(JSON.parse(stdout).model.backbone).toMatchObject({ heads: 8, epsilon: 1e-5 });
  });

  test('keep LayerScale and registers in a graph, and in the names of timm', async () => {
    for (const name of ['vit.onnx', 'vit.safetensors']) {
      const { code, stderr } = await umMae('export', at('base.safetensors'), '--out', at(name));
      expect(code, stderr).toBe(0);
    }
    const { stdout } = await umMae('inspect', at('vit.safetensors'));
    expect(stdout).toMatch(/^pos_embed +f32 +\[1, 17, 16\]$/m);
    const { bytes } = await features(at('vit.safetensors'));
    const [ours, theirs] = [expected, bytes].map(
      (npy) =>
        npy && [
          ...new Float32Array(npy.buffer.slice(npy.byteOffset + 128, npy.byteOffset + npy.length)),
        ],
    );
    for (const [i, value] of (ours ?? []).entries()) expect(theirs?.[i]).toBeCloseTo(value, 4);
    expect(ours).toHaveLength(16);
  });
});

describe('weights that cannot be used', () => {
  const isolated = (name: string) => write(`lone/${name}`, state);
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
    ['unknown.pth', withNames('blocks.0.extra.gate'), /1 that it does not know: blocks\.0\.extra/],
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
    expect(await refusal('embed', write(name, content), picture, '--out', at('no.npy'))).toMatch(
      reason,
    );
  });

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
  ];

  test.each(files)('are named for what they are: %s', async (name, bytes, reason) => {
    writeFileSync(at(name), bytes, 'latin1');
    expect(await refusal('inspect', at(name))).toMatch(reason);
  });

  test('are refused where a shard is missing, named alone, or outside its folder', async () => {
    const shard = at('sharded/model-00001-of-00002.safetensors');
    expect(await refusal('inspect', shard)).toMatch(/one shard of several\.\nName its folder/);
    const index = (file: string) => JSON.stringify({ weight_map: { a: file } });
    mkdirSync(at('broken'));
    writeFileSync(at('broken/model.safetensors.index.json'), index('gone.safetensors'));
    expect(await refusal('inspect', at('broken'))).toMatch(/got no .*gone\.safetensors/);
    writeFileSync(at('broken/model.safetensors.index.json'), index('../base.safetensors'));
    expect(await refusal('inspect', at('broken'))).toMatch(/names of files beside/);
  });

  test('are refused where an activation or the number of heads is not ours or not told', async () => {
    write('tanh/model.safetensors', state);
    config('tanh', { num_attention_heads: 2, hidden_act: 'gelu_pytorch_tanh' });
    expect(await refusal('inspect', at('tanh'))).toMatch(/`hidden_act` gelu.* gelu_pytorch_tanh/);
    const lone = isolated('vit.pth');
    expect(await refusal('export', lone, '--out', at('no.onnx'))).toMatch(/backbone\.heads/);
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
    const path = write('infinite.safetensors', infinite);
    const of = (file: string) => command.map((part) => (part === 'FILE' ? file : part));
    expect(await refusal(...of(path))).toMatch(/finite weights in .* in 1 of \d+: norm\.bias/);
    if (['inspect', 'evaluate', 'predict', 'finetune', 'reconstruct'].includes(command[0])) return;
    const strange = write('strange.safetensors', withNames('blocks.1.attn.q_norm.weight'));
    expect(await refusal(...of(strange))).toMatch(/norms of queries and keys/);
  });
});

describe('recipes beside weights', () => {
  const pvtFlags = ['--model', 'pvt-micro', '--set', 'backbone.reductions=[3, 3, 1, 1]'];
  const data = ['--data', picture, '--batch-size', '1', '--steps', '1', '--out', at('odd')];

  test('of um-mae refuse odd reductions of a PVT and odd windows of a Swin', async () => {
    expect(await refusal('pretrain', ...pvtFlags, ...data)).toMatch(
      /^Expected even `backbone\.reductions`, or 1, but got 3, which uniform masking cannot halve/,
    );
    const swinFlags = ['--model', 'swin-micro', '--set', 'backbone.window=3.5'];
    expect(await refusal('pretrain', ...swinFlags, ...data)).toMatch(
      /^Expected a whole `backbone\.window` but got 3\.5, which uniform masking cannot halve/,
    );
  });

  test('of simmim take odd windows of a Swin', async () => {
    const swinFlags = [
      '--model',
      'swin-micro',
      '--set',
      'backbone.window=3.5',
      '--method',
      'simmim',
    ];
    const size = ['--image-size', '32', '--batch-size', '1', '--threads', '1', '--workers', '1'];
    const { code, stderr } = await umMae(
      'pretrain',
      ...swinFlags,
      ...size,
      '--data',
      picture,
      '--steps',
      '1',
      '--out',
      at('window'),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('of another method say which value goes with it', async () => {
    const recipe = parsePretrainRecipe(modelRecipe('vit-small'));
    const objective = {
      ...recipe,
      backbone: vit,
      image,
      decoder: { ...recipe.decoder, channels: 16, depth: 1, heads: 2 },
    };
    const model = buildObjective(objective, { generator });
    const path = at('objective.safetensors');
    writeSafetensors(path, model.state(), { metadata: { recipe: JSON.stringify(objective) } });
    const to = at('as-mae.safetensors');
    expect(await refusal('convert', path, to, '--set', 'method=mae')).toMatch(
      /^Expected random masking for the method mae but got uniform; set `masking\.kind` to random, too\.\n$/,
    );
    const both = ['--set', 'method=mae', '--set', 'masking.kind=random', '--allow', 'vis_mask'];
    expect(await umMae('convert', path, to, ...both)).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('what stands beside weights', () => {
  const own = fileURLToPath(new URL('../../../fixtures/checkpoints/', import.meta.url));

  test.each(['odd_entries', 'odd_entries_4', 'odd_entries_legacy', 'whole_model'])(
    'is read or passed over: %s',
    async (name) => {
      const path = at(`lone/${name}.pth`);
      mkdirSync(at('lone'), { recursive: true });
      copyFileSync(join(own, `${name}.pth`), path);
      const { stdout, code } = await umMae('inspect', path, '--json');
      expect(code).toBe(0);
      const { model, metadata } = JSON.parse(stdout);
      expect(model.fit).toMatchObject({ missing: [], unexpected: [], reshaped: [] });
      if (name === 'whole_model') return;
      expect(metadata).toMatchObject({
        best_acc: 81.25,
        count: 7,
        args: { output_dir: 'out/run', seed: 1, hidden: null },
        counter: { a: 2, b: 1 },
        date: '2024-02-29T12:05:09',
        size: [1, 2],
        dtype: 'torch.float16',
        device: 'cuda:0',
        set: [1, 2],
        mode: '__main__.Mode',
        settings: { name: 'settings', inner: { rate: 0.1 } },
        attributes: { a: 1 },
      });
    },
  );
});

test('LayerScale is a factor on the last layers of both branches, and registers are tokens', () => {
  scope(() => {
    const images = randn([1, 3, 32, 32], { generator });
    const model = new Vit(options, image, { generator });
    model.loadState(state);
    const folded = new Vit({ ...options, layerScale: 0 }, image, { generator });
    const scaled = [...state].filter(([name]) => !name.includes('.ls'));
    folded.loadState(
      new Map(scaled.map(([name, value]) => [name, value.mul(factor(name, value))])),
    );
    const [ours] = model.features(images);
    const [theirs] = folded.features(images);
    expect(
      ours
        ?.sub(theirs ?? ours)
        .abs()
        .amax()
        .number(),
    ).toBeLessThan(1e-4);
  });
});

/** The factor of LayerScale for a weight of the last layer of a branch, else 1. */
function factor(name: string, { shape }: Tensor): Tensor {
  const [, block, part] = /^blocks\.(\d+)\.(attn\.proj|mlp\.fc2)\./.exec(name) ?? [];
  const gamma = state.get(`blocks.${block}.${part === 'attn.proj' ? 'ls1' : 'ls2'}.gamma`);
  if (part === undefined || !gamma) return tensor([1]);
  return shape.length === 2 ? cat([gamma.unsqueeze(1)]) : gamma;
}
