/** Files beside weights, and values in them, that say more of a model than its weights do. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Generator, noGrad, scope, tensor } from '@um-mae/torch';
import { writeSafetensors } from '@um-mae/torch/serialization';
import { beforeAll, describe, expect, test } from 'vitest';
import { vit } from '../../../backbones/testing/small-backbones.js';
import { Vit } from '../../../backbones/vit/vit.js';
import { evaluationCrop } from '../../../images/geometry/crop.js';
import { resample } from '../../../images/geometry/resize.js';
import { deviation, mean } from '../../../images/normalise.js';
import { buildObjective } from '../../../objectives/build.js';
import { parsePretrainRecipe } from '../../../recipes/parse.js';
import { modelRecipe } from '../../../recipes/pretrain/named.js';
import { refusal, umMae } from '../../testing/command-line.js';
import { image, options, state, WeightsFolder } from '../../testing/foreign-vit.js';

const weights = new WeightsFolder();
const at = (name: string) => weights.at(name);
const generator = new Generator(2);
const picture = at('picture.png');

beforeAll(async () => {
  await weights.picture();
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
  const own = fileURLToPath(new URL('../../../../fixtures/checkpoints/', import.meta.url));

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
      if (name === 'whole_model') {
        // Of its LayerNorms, which are objects in the file.
        expect(model.backbone.epsilon).toBe(1e-5);
        return;
      }
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

  test('tell epsilon and heads by what stands beside them', async () => {
    weights.write('said/model.safetensors', state);
    weights.say('said', { num_attention_heads: 4, layer_norm_eps: 1e-3 });
    const { model } = JSON.parse((await umMae('inspect', at('said'), '--json')).stdout);
    expect(model.backbone).toMatchObject({ heads: 4, epsilon: 1e-3, layerScale: 1e-5 });
    weights.write('args.pth', { model: state, args: { num_heads: 8, norm_eps: 1e-5 } });
    const { stdout } = await umMae('inspect', at('args.pth'), '--json');
    expect(JSON.parse(stdout).model.backbone).toMatchObject({ heads: 8, epsilon: 1e-5 });
  });

  test('are refused where an activation or the number of heads is not ours or not told', async () => {
    weights.write('tanh/model.safetensors', state);
    weights.say('tanh', { num_attention_heads: 2, hidden_act: 'gelu_pytorch_tanh' });
    expect(await refusal('inspect', at('tanh'))).toMatch(/`hidden_act` gelu.* gelu_pytorch_tanh/);
    const lone = weights.write('lone/vit.pth', state);
    expect(await refusal('export', lone, '--out', at('no.onnx'))).toMatch(/backbone\.heads/);
  });

  const photo = Array.from({ length: 40 * 40 * 3 }, (_, i) => (i * 37 + 11) % 251);

  /** The embedding by a network that sees the pixels of the photo scaled as a test says. */
  function embeddingOf([rescale, mean, deviation]: readonly [number, number, number]): number[] {
    const levels = { width: 40, height: 40, data: Uint8Array.from(photo) };
    const cropped = Array.from(resample(levels, evaluationCrop(levels, image)));
    return scope(() => {
      const pixels = tensor(cropped).view([1, 32, 32, 3]).permute([0, 3, 1, 2]);
      const model = new Vit(options, image, { generator });
      model.loadState(state);
      const scaled = pixels.mul(rescale).sub(mean).div(deviation);
      const [map = scaled] = noGrad(() => model.features(scaled));
      return Array.from(map.mean([1, 2]).flatten().toArray(), Number);
    });
  }

  const half = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5], resample: 3 };
  const timm = { mean: [0, 0, 0], std: [1, 1, 1], input_size: [3, 32, 32] };
  const raw = { do_rescale: false, do_normalize: false };
  const preparations: [string, string, object, [number, number, number]][] = [
    ['Hugging Face', 'preprocessor_config.json', half, [1 / 255, 0.5, 0.5]],
    ['a model of levels', 'preprocessor_config.json', raw, [1, 0, 1]],
    ['timm', 'config.json', { num_heads: vit.heads, pretrained_cfg: timm }, [1 / 255, 0, 1]],
  ];

  test.each(preparations)('scales pixels as %s does', async (name, file, said, scaling) => {
    const path = weights.write(`${name}/model.safetensors`, state);
    weights.say(name);
    weights.say(name, said, file);
    const out = at(`${name}.npy`);
    const { code, stderr } = await umMae('embed', path, picture, '--out', out);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/Took mean and deviation of pixels from .*config\.json into/),
    });
    const bytes = readFileSync(out);
    const found = new Float32Array(bytes.buffer.slice(bytes.byteOffset + 128));
    for (const [i, value] of embeddingOf(scaling).entries()) {
      expect(found[i]).toBeCloseTo(value, 3);
    }
  });

  test('says how images are resized otherwise, and refuses what is no mean of colours', async () => {
    const path = weights.write('bilinear/model.safetensors', state);
    weights.say('bilinear');
    const size = { height: 64, width: 64 };
    const said = { size, resample: 2, image_mean: mean, image_std: deviation };
    weights.say('bilinear', said, 'preprocessor_config.json');
    const { stderr } = await umMae('embed', path, picture, '--out', at('bilinear.npy'));
    expect(stderr).toMatch(/resizes them by bilinear and stretches them to the size; here images/);
    expect(stderr).not.toMatch(/Took mean/);
    weights.say('bilinear', { image_mean: 'grey' }, 'preprocessor_config.json');
    expect(await refusal('inspect', path)).toMatch(/three colours in .* but got "grey"\.\n$/);
  });
});
