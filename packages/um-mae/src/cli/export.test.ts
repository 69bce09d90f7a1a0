/** `um-mae export`, over real runs. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeScenes } from '../data/scenes.js';
import { temporaryFolder, tinyModel, umMae } from './testing/command-line.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const data = at('data');

beforeAll(async () => {
  await writeScenes(data, { perClass: { train: 2, val: 1 }, seed: 1, size: 40 });
  const pretrain = ['--data', data, ...tinyModel, '--batch-size', '8', '--steps', '1'];
  expect(await umMae('pretrain', ...pretrain, '--out', at('run'))).toMatchObject({ code: 0 });
  const finetune = ['--data', data, '--batch-size', '8', '--steps', '1', '--threads', '1'];
  const from = ['--from', at('run'), '--out', at('classes')];
  expect(await umMae('finetune', ...from, ...finetune)).toMatchObject({ code: 0 });
});

async function refusal(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await umMae('export', ...args);
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
  return stderr;
}

describe('um-mae export', () => {
  test('writes the features of a pre-trained run, for any batch', async () => {
    const out = at('backbone.onnx');
    const { code, stdout, stderr } = await umMae('export', at('run'), '--out', out, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ path: out, kind: 'backbone', image: { height: 32, width: 32 } });
    expect(report.verification.difference).toBeLessThan(1e-4);
    const session = await InferenceSession.create(out);
    expect(session.outputNames).toEqual(['stage1', 'stage2', 'stage3', 'stage4', 'embedding']);
    const images = new Tensor('float32', new Float32Array(3 * 3 * 32 * 32), [3, 3, 32, 32]);
    const { embedding, stage1 } = await session.run({ pixel_values: images });
    expect(embedding?.dims).toEqual([3, 64]);
    expect(stage1?.dims).toEqual([3, 16, 16, 8]);
  });

  test('writes the classifier of a fine-tuned run, with its classes and its preparation', async () => {
    const out = at('classifier.onnx');
    const { code, stdout } = await umMae('export', at('classes'), '--out', out, '--batch', '1');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /a classifier for images of 32x32\.\n {2}logits {5}\[1, 8\]\nonnxruntime differs from us by \d/,
    );
    const text = readFileSync(out, 'latin1');
    for (const key of ['classes', 'cropShare', 'deviation', 'disc-above-square'])
      expect(text).toContain(key);
    const features = at('features.onnx');
    const again = ['export', at('classes'), '--kind', 'backbone', '--out', features];
    expect(await umMae(...again)).toMatchObject({ code: 0 });
  });

  test('refuses in one sentence, and writes nothing', async () => {
    const out = ['--out', at('new.onnx')];
    expect(await refusal(at('run'), '--kind', 'classifier', ...out)).toMatch(
      /^um-mae: Expected a fine-tuned classifier in .* but got those of pre-training\.\nMake one by um-mae finetune --from .*\n$/,
    );
    mkdirSync(at('empty'));
    expect(await refusal(at('empty'), ...out)).toMatch(
      /^um-mae: Expected a run, a checkpoint or a file of weights at .*empty but got none of them\.\n$/,
    );
    expect(await refusal(at('run'), '--out', at('model.tflite'))).toContain(
      'Expected a file that ends in .onnx.',
    );
    expect(await refusal(at('run'), ...out, '--kind', 'decoder')).toContain('backbone, classifier');
    expect(await refusal(at('run'), ...out, '--batch', '0')).toContain(
      'Expected a whole number above 0.',
    );
    writeFileSync(at('mine.onnx'), 'mine');
    expect(await refusal(at('run'), '--out', at('mine.onnx'))).toMatch(
      /^um-mae: Expected a new file but got .*mine\.onnx, which exists; /,
    );
    expect(readFileSync(at('mine.onnx'), 'utf8')).toBe('mine');
    expect(existsSync(at('new.onnx'))).toBe(false);
  });
});
