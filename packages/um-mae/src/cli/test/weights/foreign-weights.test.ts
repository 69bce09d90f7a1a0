/** Weights as other programs write them give the features that they give there. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cat, Generator, randn, scope, type Tensor, tensor } from '@um-mae/torch';
import type { Picklable } from '@um-mae/torch/serialization';
import { beforeAll, describe, expect, test } from 'vitest';
import { Vit } from '../../../backbones/vit/vit.js';
import { refusal, umMae } from '../../testing/command-line.js';
import {
  huggingFace,
  image,
  one,
  options,
  other,
  renamed,
  type State,
  state,
  timm,
  under,
  WeightsFolder,
  withNames,
} from '../../testing/foreign-vit.js';

const weights = new WeightsFolder();
const at = (name: string) => weights.at(name);
const generator = new Generator(2);
let picture = '';

async function features(path: string, ...flags: readonly string[]) {
  const out = at('features.npy');
  const run = await umMae('embed', path, picture, '--out', out, '--overwrite', ...flags);
  return { ...run, bytes: run.code === 0 ? readFileSync(out) : undefined };
}

let expected: Buffer | undefined;

/** The weights in two files and an index. */
function shards(name: string, form: 'safetensors' | 'bin'): void {
  const entries = [...state];
  const parts = [new Map(entries.slice(0, 9)), new Map(entries.slice(9))];
  const base = form === 'bin' ? 'pytorch_model' : 'model';
  const files = parts.map((part, i) => {
    const file = `${base}-0000${i + 1}-of-00002.${form}`;
    weights.write(join(name, file), part);
    return [...part.keys()].map((key) => [key, file] as const);
  });
  const index = { weight_map: Object.fromEntries(files.flat()) };
  writeFileSync(at(join(name, `${base}.${form}.index.json`)), JSON.stringify(index));
  weights.say(name);
}

beforeAll(async () => {
  picture = await weights.picture();
  for (const name of ['.', 'hf']) weights.say(name);
  expected = (await features(weights.write('base.safetensors', state))).bytes;
  expect(expected).toBeDefined();
  weights.write('hf/pytorch_model.bin', state);
  shards('sharded', 'safetensors');
  shards('sharded-bin', 'bin');
});

describe('weights of other programs', () => {
  type Case = [name: string, content: Picklable | State, note?: RegExp, flags?: string[]];
  /** Names of LayerScale's factors, where N is the number of the branch. */
  const factorNames = [
    ...['gamma_N', 'gammaN', 'lsN', 'lsN.scale', 'lsN.lambda', 'lsN.weight', 'ls_N.gamma'],
    ...['layer_scale_N', 'layer_scaleN.lambda1', 'layer_scale_N.gamma', 'layerscale_N'],
    ...['lambda_N', 'scaleN'],
  ];
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
    ['tuple.pth', [state, { epoch: 1 }], /under `0`/],
    ['list.pth', [{ epoch: 1 }, { model: under('module.') }], /under `1\.model`/],
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
    ['compiled_blocks.pth', renamed((name) => name.replace(/^(blocks\.\d\.)/, '$1_orig_mod.'))],
    [
      'shared_out.pth',
      renamed((name) =>
        name.replace(/^(blocks\.\d\.)/, '$1_fsdp_wrapped_module._checkpoint_wrapped_module.'),
      ),
    ],
    [
      'chunks.pth',
      new Map([...state].map(([name, value]) => [name.replace(/^blocks\./, 'blocks.0.'), value])),
    ],
    ['storage.safetensors', renamed((name) => name.replace('register_tokens', 'storage_tokens'))],
    ['registers.pth', renamed((name) => name.replace('register_tokens', 'reg_tokens'))],
    ...factorNames.map((factor, i): Case => {
      const named = (name: string) =>
        name.replace(/ls([12])\.gamma$/, (_, place: string) => factor.replaceAll('N', place));
      return [`factors${i}.pth`, renamed(named)];
    }),
    [
      'factors_of_branches.pth',
      renamed((name) =>
        name.replace('ls1.gamma', 'sa_scale.scale').replace('ls2.gamma', 'mlp_scale'),
      ),
    ],
    [
      'factors_inside.pth',
      renamed((name) => name.replace('ls1.gamma', 'attn.gamma1.weight').replace('ls2.', 'mlp.')),
    ],
    [
      'factors_wide.pth',
      new Map(
        [...state].map(([name, value]) => [
          name,
          name.endsWith('gamma') ? value.view([1, 1, 16]) : value,
        ]),
      ),
    ],
    ['mask_token.pth', withNames('mask_token', 'head.weight'), /Left out 2 .*mask_token/],
  ];

  test.each(cases)('%s gives the same features', async (name, content, note = /^$/, flags = []) => {
    const { code, stderr, bytes } = await features(weights.write(name, content), ...flags);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(note) });
    expect(bytes).toEqual(expected);
  });

  test.each(['hf', 'sharded', 'sharded-bin', 'sharded/model.safetensors.index.json'])(
    '%s is a model of its own',
    async (name) => expect((await features(at(name))).bytes).toEqual(expected),
  );

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

  const programs: [name: string, content: State, program: string][] = [
    ['timm', timm(), 'timm'],
    ['hugging_face', huggingFace(), 'Hugging Face \\(DINOv2\\)'],
    ['gammas', renamed((name) => name.replace(/ls(\d)\.gamma/, 'gamma_$1')), 'timm'],
    ['wrapped', under('module.backbone.', huggingFace()), 'Hugging Face \\(DINOv2\\)'],
  ];

  test.each(programs)('are checked on export: %s', async (name, content, program) => {
    const path = weights.write(`checked/${name}/model.safetensors`, content);
    const folder = `checked/${name}`;
    weights.say(folder, { num_attention_heads: 2, layer_norm_eps: 1e-3 });
    const said = { image_mean: [0.5, 0.5, 0.5], image_std: [0.25, 0.25, 0.25] };
    weights.say(folder, said, 'preprocessor_config.json');
    const { code, stderr } = await umMae(
      'export',
      path,
      '--out',
      at(`checked/${name}.safetensors`),
    );
    expect(stderr).toMatch(
      new RegExp(`definition of ${program}: largest difference \\d\\.\\de-0?[5-9]`),
    );
    expect(code).toBe(0);
  });

  test('say on export where no program has their names', async () => {
    const odd = renamed((name) => name.replace(/ls(\d)\.gamma/, 'ls_$1.gamma'));
    const path = weights.write('odd.safetensors', odd);
    const { stderr } = await umMae('export', path, '--out', at('odd_out.safetensors'));
    expect(stderr).toMatch(/no definition of another program/);
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
    expect(ours).toHaveLength(2 * 16);
  });
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
