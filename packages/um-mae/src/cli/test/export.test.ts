/** `um-mae export`, over real runs. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { env, pipeline } from '@huggingface/transformers';
import { fromArray } from '@um-mae/torch';
import {
  type PickleMap,
  readSafetensors,
  readTorchFile,
  stateDict,
} from '@um-mae/torch/serialization';
import { expectClose } from '@um-mae/torch/testing';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeScenes } from '../../demo/scenes.js';
import { load } from '../../features/load.js';
import {
  refusal,
  reported,
  temporaryFolder,
  tinyModel,
  umMae,
  umMaeAlone,
} from '../testing/command-line.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const data = at('data');
/** The name of a class, which a card must show as it is. */
const hostile = '`<img src=x onerror=alert(1)>|*_';

beforeAll(async () => {
  env.allowRemoteModels = false;
  await writeScenes(data, { perClass: { train: 2, val: 1 }, seed: 1, size: 40 });
  for (const side of ['train', 'val'])
    renameSync(join(data, side, 'disc-inside-frame'), join(data, side, hostile));
  const pretrain = ['--data', data, ...tinyModel, '--batch-size', '8', '--steps', '1'];
  expect(await umMae('pretrain', ...pretrain, '--out', at('run'))).toMatchObject({ code: 0 });
  const finetune = ['--data', data, '--batch-size', '8', '--steps', '1', '--threads', '1'];
  const from = ['--from', at('run'), '--out', at('classes')];
  expect(await umMae('finetune', ...from, ...finetune)).toMatchObject({ code: 0 });
});

/** The report of an export. */
const made = (from: string, to: string, ...args: readonly string[]) =>
  reported('export', from, '--out', to, ...args);

function ofBlock(name: string): string {
  return `blocks.0.${name}`;
}

describe('um-mae export', () => {
  test('writes the features of a pre-trained run, for any batch', async () => {
    const out = at('backbone.onnx');
    const report = await made(at('run'), out);
    expect(report).toMatchObject({ path: out, kind: 'backbone', image: { height: 32, width: 32 } });
    expect(report.verification.difference).toBeLessThan(1e-4);
    const session = await InferenceSession.create(out);
    expect(session.outputNames).toEqual(['stage0', 'stage1', 'stage2', 'stage3', 'embedding']);
    const images = new Tensor('float32', new Float32Array(3 * 3 * 32 * 32), [3, 3, 32, 32]);
    const { embedding, stage0 } = await session.run({ pixel_values: images });
    expect(embedding?.dims).toEqual([3, 240]);
    expect(stage0?.dims).toEqual([3, 16, 16, 8]);
  });

  test('writes the classifier of a fine-tuned run, with its classes and its preparation', async () => {
    const out = at('classifier.onnx');
    const { code, stdout } = await umMaeAlone(
      'export',
      at('classes'),
      '--out',
      out,
      '--batch',
      '1',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /a classifier for images of 32x32\. Its card is .*\.md\.\n {2}logits {12}\[1, 8\]\nLargest difference to um-mae: \d/,
    );
    const text = readFileSync(out, 'latin1');
    for (const key of ['classes', 'cropShare', 'deviation', 'disc-above-square'])
      expect(text).toContain(key);
    const features = at('features.onnx');
    const again = ['export', at('classes'), '--kind', 'backbone', '--out', features];
    expect(await umMae(...again)).toMatchObject({ code: 0 });
  });

  test('writes folders that transformers.js loads, and that give what we give', async () => {
    // Of the size that is cropped from: nobody has to resize it.
    const picture = at('picture.png');
    const source = join(data, 'val', 'disc-above-square');
    const [name = ''] = readdirSync(source);
    await sharp(join(source, name)).resize(36, 36).png().toFile(picture);

    await made(at('classes'), at('classifier'));
    const classify = await pipeline('image-classification', `${at('classifier')}/`);
    const theirs = await classify(picture, { top_k: null });
    await classify.dispose();
    const run = await umMae('predict', at('classes'), picture, '--top', '8', '--json');
    const { predictions } = JSON.parse(run.stdout);
    const byName = (list: readonly { readonly label: string; readonly score: number }[]) =>
      new Map(list.map(({ label, score }) => [label, score]));
    const found = byName([theirs].flat(2));
    expect(found.size).toBe(8);
    for (const { name: label, probability } of predictions)
      expect(found.get(label), label).toBeCloseTo(probability, 5);

    await made(at('run'), at('features'));
    const extract = await pipeline('image-feature-extraction', `${at('features')}/`);
    const pooled = await extract(picture, { pool: true });
    const tokens = await extract(picture);
    await extract.dispose();
    using backbone = await load(at('run'));
    using features = await backbone.features([picture]);
    expect(tokens.dims).toEqual([1, 4, 64]);
    const numbers = fromArray(Float32Array.from(pooled.data as Float32Array), { shape: [1, 240] });
    expectClose(numbers, features.embedding, { atol: 1e-5 });
  });

  test('writes half precision, which is half as large and nearly the same', async () => {
    const whole = await made(at('classes'), at('whole.onnx'));
    const half = await made(at('classes'), at('half.onnx'), '--half');
    expect(half.bytes / whole.bytes).toBeLessThan(0.65);
    expect(half.verification.difference).toBeGreaterThan(whole.verification.difference);
    expect(half.verification.difference).toBeLessThan(3e-2);
    const session = await InferenceSession.create(at('half.onnx'));
    const images = new Tensor('float32', new Float32Array(3 * 32 * 32), [1, 3, 32, 32]);
    const { logits } = await session.run({ pixel_values: images });
    expect(logits?.type).toBe('float32');
    await made(at('run'), at('half'), '--half');
    expect(existsSync(at('half/onnx/model_fp16.onnx'))).toBe(true);
    const extract = await pipeline('image-feature-extraction', `${at('half')}/`);
    await extract.dispose();
  });

  test('writes weights under the names of timm and of the published code', async () => {
    const vit = '{kind: vit, channels: 16, depth: 2, heads: 2, patch: 8}';
    const small = ['--set', `backbone=${vit}`, '--set', 'decoder.heads=2', '--image-size', '32'];
    const decoder = ['--set', 'decoder.channels=16', '--set', 'decoder.depth=1'];
    const steps = ['--batch-size', '8', '--steps', '1', '--threads', '1'];
    const from = ['--data', data, '--method', 'mae', ...small, ...decoder, ...steps];
    expect(await umMae('pretrain', ...from, '--out', at('vit'))).toMatchObject({ code: 0 });
    await made(at('vit'), at('vit.safetensors'));
    const { tensors, metadata } = readSafetensors(at('vit.safetensors'));
    expect([...tensors.keys()].filter((name) => !name.startsWith('blocks.1.'))).toEqual([
      ...['cls_token', 'pos_embed', 'patch_embed.proj.weight', 'patch_embed.proj.bias'],
      ...['norm1.weight', 'norm1.bias', 'attn.qkv.weight', 'attn.qkv.bias'].map(ofBlock),
      ...['attn.proj.weight', 'attn.proj.bias', 'norm2.weight', 'norm2.bias'].map(ofBlock),
      ...['mlp.fc1.weight', 'mlp.fc1.bias', 'mlp.fc2.weight', 'mlp.fc2.bias'].map(ofBlock),
      ...['norm.weight', 'norm.bias'],
    ]);
    expect(metadata.format).toBe('pt');
    await made(at('vit.safetensors'), at('vit.pth'));
    const again = stateDict((readTorchFile(at('vit.pth')) as PickleMap).get('model'));
    const trained = readSafetensors(at('vit/checkpoints/last/model.safetensors')).tensors;
    expect(again?.size).toBe(tensors.size);
    for (const [name, tensor] of again ?? []) {
      expectClose(tensor, trained.get(name) ?? tensor.mul(Number.NaN), { atol: 0 });
    }
    await made(at('classes'), at('classes.pth'), '--half');
    expect(await umMae('evaluate', at('classes.pth'), '--data', join(data, 'val'))).toMatchObject({
      code: 0,
    });
  });

  test('says in a card what the model is, whatever classes are called', async () => {
    const { card } = await made(at('classes'), at('card.onnx'));
    expect(card).toBe(at('card.onnx.md'));
    const text = readFileSync(card, 'utf8');
    expect(text).toMatch(
      /^---\nlicense: unknown\nlibrary_name: onnx\npipeline_tag: image-classification\ntags:\n {2}- um-mae\n {2}- swin\n---\n\n# card\n/,
    );
    expect(text).toContain('A swin classifier of 8 classes, for images of 32x32 pixels.');
    expect(text).toContain('`disc-above-square`');
    expect(text).toContain(`\`\` ${hostile} \`\``);
    expect(text).toMatch(/16 images; all could be read\./);
    expect(text).toMatch(/\| steps \| 1 \|/);
    expect(text).toContain('labelSmoothing');
    expect(text).toMatch(/Trained with um-mae \d/);
    // Where the images were is nobody's business.
    expect(text).not.toContain(folder);
    const { card: inFolder } = await made(at('run'), at('shared'));
    const shared = readFileSync(inFolder, 'utf8');
    expect(shared).toContain("pipeline('image-feature-extraction'");
    const head = 'embedding:\n  stages: [ 0, 1, 2, 3 ]\n  pooling: mean-and-deviation\n---\n';
    expect(shared).toContain(head);
    expect(shared).toContain('the mean and deviation of stages 0, 1, 2, 3 over all places');
  });

  test('prints programs in its cards that run as they stand', async () => {
    const modules = fileURLToPath(new URL('../../../../../node_modules', import.meta.url));
    symlinkSync(modules, at('node_modules'));
    await sharp({ create: { width: 40, height: 40, channels: 3, background: 'grey' } })
      .jpeg()
      .toFile(at('cat.jpg'));
    const programs: { readonly language: string; readonly text: string }[] = [];
    for (const [from, to] of [
      ...[['classes', 'use.safetensors'] as const, ['run', 'use.pth'] as const],
      ...[['classes', 'use.onnx'] as const, ['run', 'use'] as const],
    ]) {
      const { card } = await made(at(from), at(to));
      const printed = readFileSync(card, 'utf8').matchAll(/^```(js|sh)\n(.*?)^```$/gms);
      for (const [, language = '', text = ''] of printed) programs.push({ language, text });
    }
    expect(programs.map(({ language }) => language)).toEqual(['sh', 'js', 'js', 'js']);
    const scripts = programs.map(({ language, text }, i) => {
      if (language === 'sh') return text;
      writeFileSync(at(`card-${i}.mjs`), text);
      return `node card-${i}.mjs`;
    });
    const PATH = [join(modules, '.bin'), process.env.PATH].join(delimiter);
    const env = { ...process.env, PATH };
    const script = ['set -e', ...scripts].join('\n');
    const output = execFileSync('sh', ['-c', script], { cwd: folder, env, encoding: 'utf8' });
    const [, likeliest = 'none'] = /cat\.jpg: (.*?) \d/.exec(output) ?? [];
    expect(output.split('\n')).toContain(likeliest);
  });

  test('refuses in one sentence, and writes nothing', async () => {
    const out = ['--out', at('new.onnx')];
    expect(await refusal('export', at('run'), '--kind', 'classifier', ...out)).toMatch(
      /^Expected a fine-tuned network in .* but got those of pre-training\.\nMake one by um-mae finetune --from .*\n$/,
    );
    mkdirSync(at('empty'));
    expect(await refusal('export', at('empty'), ...out)).toMatch(
      /^Expected a run, a checkpoint or a file of weights at .*empty but got none of them\.\n$/,
    );
    expect(await refusal('export', at('run'), '--out', at('model.tflite'))).toMatch(
      /^Expected a \.onnx, \.safetensors or \.pth file, or a folder without an extension, to write but got .*model\.tflite\.\n$/,
    );
    const wide = [
      '--set',
      'image.width=64',
      '--batch-size',
      '8',
      '--steps',
      '1',
      '--out',
      at('wide'),
    ];
    expect(await umMae('pretrain', '--data', data, ...tinyModel, ...wide)).toMatchObject({
      code: 0,
    });
    expect(await refusal('export', at('wide'), '--out', at('wide-folder'))).toContain(
      'Expected a model of square images, which is what transformers prepare, but got 32x64; write a .onnx file instead.',
    );
    expect(existsSync(at('wide-folder'))).toBe(false);
    mkdirSync(at('taken'));
    expect(await refusal('export', at('run'), '--out', at('taken'))).toContain(
      'Expected a new file or folder',
    );
    expect(await refusal('export', at('run'), ...out, '--kind', 'decoder')).toContain(
      'backbone, classifier',
    );
    expect(await refusal('export', at('run'), ...out, '--batch', '0')).toContain(
      'Expected a whole number above 0.',
    );
    expect(await refusal('export', at('classes'), ...out, '--pooling', 'mean')).toMatch(
      /^Expected a backbone for stages and pooling of an embedding but got a whole network of .*classes\.\nAdd --kind backbone/,
    );
    expect(await refusal('export', at('run'), ...out, '--stages', '4')).toBe(
      'Expected stages out of 0 to 3 but got 4.\n',
    );
    writeFileSync(at('mine.onnx'), 'mine');
    expect(await refusal('export', at('run'), '--out', at('mine.onnx'))).toMatch(
      /^Expected a new file or folder but got .*mine\.onnx, which exists; /,
    );
    expect(readFileSync(at('mine.onnx'), 'utf8')).toBe('mine');
    expect(existsSync(at('new.onnx'))).toBe(false);
  });
});
