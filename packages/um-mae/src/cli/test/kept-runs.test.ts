/** Files of an earlier version of the program are read by every command, with the same results. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '@um-mae/torch/serialization';
import { expectClose } from '@um-mae/torch/testing';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { reported, temporaryFolder, umMae } from '../testing/command-line.js';
import { copyKeptRuns, lossesOf, metricsOf, readingCommands } from '../testing/kept-runs.js';
import { expectSameNumbers } from '../testing/same-numbers.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const image = at('images/val/disc-above-square/0000.png');

beforeAll(() => copyKeptRuns(folder));

/** Runs the program and expects that it ends well. */
async function runs(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await umMae(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** Runs a graph on a grey image. */
async function outputOf(graph: string, name: string): Promise<number[]> {
  const session = await InferenceSession.create(graph);
  const size = [1, 3, 32, 32];
  const image = new Tensor('float32', new Float32Array(3 * 32 * 32).fill(0.5), size);
  const output = (await session.run({ pixel_values: image }))[name];
  return Array.from(output?.data as Float32Array);
}

describe('a run of pre-training that was interrupted', () => {
  const run = at('pretraining');

  test('has features that are found again and not computed anew', async () => {
    const means = ['--pooling', 'mean', '--stages', '2'];
    const scores = await reported('probe', run, '--data', at('images'), ...means);
    expect(scores).toMatchObject({ computed: 0, neighbours: 0.25, linearProbe: 0.125 });
  });

  test('gives the features that it gave', async () => {
    const means = ['--pooling', 'mean', '--stages', '2'];
    await reported('embed', run, at('images/train'), ...means, '--out', at('again.safetensors'));
    const [again, kept] = ['again', 'features/train'].map((name) => {
      const features = readSafetensors(at(`${name}.safetensors`)).tensors.get('features');
      return features ?? expect.fail(`no features in ${name}`);
    });
    if (again && kept) expectClose(again, kept, { atol: 1e-5 });
  });

  test.each(['parquet', 'npy', 'safetensors'])('has a searchable index as %s', async (form) => {
    const known = at('images/train/disc-above-square/0001.png');
    const index = at(`features/train.${form}`);
    const found = await reported(...readingCommands.similar(run, known, index));
    const { neighbours, origin } = found;
    expect(origin).toMatchObject({ stages: [2], pooling: 'mean' });
    expect(neighbours[0].path).toMatch(/\/images\/train\/disc-above-square\/0001\.png$/);
    expect(neighbours[0].similarity).toBeCloseTo(1, 5);
  });

  test('reconstructs as the weights do that were converted from it', async () => {
    for (const [source, picture] of [
      [run, at('run.png')],
      [at('weights/pretraining.pth'), at('file.png')],
      [at('weights/published'), at('published.png')],
    ] as const)
      await runs(...readingCommands.reconstruct(source, image, picture));
    expect((await sharp(at('run.png')).metadata()).format).toBe('png');
    expect(readFileSync(at('file.png')).equals(readFileSync(at('run.png')))).toBe(true);
    // The last weights, where the others are their running average.
    expect(readFileSync(at('published.png')).equals(readFileSync(at('run.png')))).toBe(false);
  });

  test('is exported to the same function', async () => {
    const means = ['--pooling', 'mean', '--stages', '2'];
    await reported('export', run, ...means, '--out', at('again.onnx'));
    const [again, kept] = [at('again.onnx'), at('weights/backbone.onnx')];
    expectSameNumbers(await outputOf(again, 'embedding'), await outputOf(kept, 'embedding'));
  });

  test('is pictured', () => runs('maps', run, image, '--out', at('maps')));

  test('goes on to the losses of a run without a pause, as does fine-tuning from it', async () => {
    const { losses } = JSON.parse(readFileSync(at('uninterrupted.json'), 'utf8'));
    await runs('pretrain', '--resume', '--out', run);
    // Its recipe says nothing of pooling: it is watched by the means of its last stage, as before.
    expect(readFileSync(join(run, 'recipe.yaml'), 'utf8')).toMatch(
      /^watch:\n(?: .*\n)* {2}stages: \[ 2 \]\n {2}pooling: mean\n/m,
    );
    const look = metricsOf(run).findLast(({ kind }) => kind === 'watch');
    const last = join(run, 'checkpoints/last/average.safetensors');
    const means = ['--pooling', 'mean', '--stages', '2'];
    const probed = await reported('probe', last, '--data', at('images'), ...means);
    expect(look).toMatchObject({ neighbours: probed.neighbours, linearProbe: probed.linearProbe });
    expectSameNumbers(lossesOf(run), losses);
    await runs('finetune', '--recipe', at('recipes/finetune.yaml'), '--out', at('from-recipe'));
    expectSameNumbers(lossesOf(at('from-recipe')), lossesOf(at('finetuning')));
  });

  test('is started anew by its recipe, to the same losses', async () => {
    const { losses } = JSON.parse(readFileSync(at('uninterrupted.json'), 'utf8'));
    await runs('pretrain', '--recipe', at('recipes/pretrain.yaml'), '--out', at('anew'));
    expectSameNumbers(lossesOf(at('anew')), losses);
  });
});

describe('a run of fine-tuning that is finished', () => {
  const run = at('finetuning');
  const forms = ['classifier.safetensors', 'classifier.pth', 'half.safetensors'];
  /** The probability of the class that was recorded for this image when the run ended. */
  const recorded = { name: 'triangle-left-of-ring', probability: 0.1434180213 };

  test('is evaluated as it was', async () => {
    const scores = await reported('evaluate', run, '--data', at('images/val'));
    expect(scores).toMatchObject({ images: 8, topOne: 0.125, topFive: 0.625, perClass: 0.125 });
    expectSameNumbers([scores.loss], [2.1017535776]);
  });

  test('predicts as it did', async () => {
    const [first] = (await reported('predict', run, image)).predictions;
    expect(first.name).toBe(recorded.name);
    expectSameNumbers([first.probability], [recorded.probability]);
  });

  test.each(forms)('predicts the same as %s', async (name) => {
    const [first] = (await reported('predict', at(`weights/${name}`), image)).predictions;
    expect(first.name).toBe(recorded.name);
    expect(first.probability).toBeCloseTo(recorded.probability, 3);
  });

  test('is exported to the same function', async () => {
    await reported('export', run, '--out', at('classes'));
    const logits = await outputOf(at('classes/onnx/model.onnx'), 'logits');
    for (const name of ['classifier.onnx', 'transformers/onnx/model.onnx'])
      expectSameNumbers(logits, await outputOf(at(`weights/${name}`), 'logits'));
  });

  test('has nothing to go on with', async () => {
    const { code, stdout } = await umMae('finetune', '--resume', '--out', run);
    expect(code).toBe(0);
    expect(stdout).toContain('Resuming after step 6, training to step 6');
  });
});

describe('files of weights', () => {
  const files = ['pretraining.pth', 'published', 'classifier.pth', 'half.safetensors'];

  test.each(files)('inspect tells the model of %s', async (name) => {
    const { tensors, ...report } = await reported('inspect', at(`weights/${name}`));
    expect(tensors.length).toBeGreaterThan(30);
    expect(JSON.stringify(report)).toMatch(/swin/i);
  });

  test.each(files)('convert reads %s', async (name) => {
    await runs('convert', at(`weights/${name}`), at(`converted-${name}.safetensors`));
  });
});
