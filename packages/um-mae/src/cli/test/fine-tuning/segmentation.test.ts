/** Fine-tuning on masks: what it keeps, how it goes on, and what it refuses. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor } from '@um-mae/torch';
import { readSafetensors } from '@um-mae/torch/serialization';
import { expectClose } from '@um-mae/torch/testing';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseResults } from '../../../tasks/results.js';
import { refusal, umMae } from '../../testing/command-line.js';
import { inEvaluation, inStep, killAt, resultOf } from '../../testing/interrupted-run.js';
import { metricsOf } from '../../testing/kept-runs.js';
import {
  SegmentedSquares,
  segmentationSettings as settings,
} from '../../testing/sets/segmented-squares.js';
import { writeSquares } from '../../testing/sets/squares.js';

const squares = new SegmentedSquares();
const { folder, data, run } = squares;
beforeAll(() => squares.prepare());

describe('finetune --task segmentation', () => {
  test('learns both losses, evaluates, and keeps the best by mean IoU and the last', () => {
    const lines = metricsOf(run);
    const steps = lines.filter(({ kind }) => kind === 'step');
    expect(steps).toHaveLength(6);
    for (const { loss, losses } of steps) {
      const { decode, auxiliary } = losses as Record<string, number>;
      expect((decode ?? 0) + (auxiliary ?? 0)).toBeCloseTo(Number(loss), 4);
    }
    const evaluations = lines.filter(({ kind }) => kind === 'evaluation');
    expect(evaluations).toHaveLength(3);
    for (const { meanIou, pixelAccuracy, images } of evaluations) {
      expect(Number(meanIou)).toBeLessThanOrEqual(Number(pixelAccuracy));
      expect(images).toBe(3);
    }
    for (const name of ['best', 'last'])
      expect(existsSync(join(run, `checkpoints/${name}/model.safetensors`))).toBe(true);
    expect(existsSync(join(run, 'images/epoch-0003.png'))).toBe(true);
  });

  test('keeps scores of every class and the worst images with the best weights', () => {
    const path = join(run, 'results.json');
    const results = parseResults('segmentation', readFileSync(path, 'utf8'), path);
    const names = results.classes.map(({ name }) => name);
    expect(names).toEqual(['ground', 'square', 'disc']);
    expect(results.worst).toHaveLength(3);
    const shares = results.worst.map(({ pixelAccuracy }) => pixelAccuracy);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  });

  test('records classes, crop and scale with the recipe', async () => {
    const text = readFileSync(join(run, 'recipe.yaml'), 'utf8');
    expect(text).toContain('task: segmentation');
    expect(text).toContain('name: square');
    expect(text).toMatch(/crop:\n {2}height: 32\n {2}width: 32/);
  });

  test('begins with the encoder of another run, and with a whole segmentor', async () => {
    const out = join(folder, 'from');
    const { stdout, code } = await umMae(
      ...settings.map((value) => (value === 'none' ? run : value)),
      ...['--data', data, '--out', out, '--epochs', '1'],
    );
    expect(code).toBe(0);
    const [started] = stdout.split('\n').map((line) => (line === '' ? {} : JSON.parse(line)));
    expect(started.fit).toMatchObject({ missing: [], leftOut: [] });
  });
});

test('finetune --task segmentation goes on with the classes in another order, by their names', async () => {
  const other = join(folder, 'turned');
  await writeSquares(other, { train: 4, val: 2 });
  writeFileSync(join(other, 'masks/classes.txt'), '2 disc\n0 ground\n1 square\n');
  const out = join(folder, 'from-turned');
  const still = ['learningRate.peak=1e-12', 'optimizer.weightDecay=0'];
  const { code, stdout } = await umMae(
    ...settings.map((value) => (value === 'none' ? run : value)),
    ...['--data', other, '--out', out, '--epochs', '1'],
    ...still.flatMap((value) => ['--set', value]),
  );
  expect(code).toBe(0);
  expect(stdout).toContain('Matched the classes of the head by name.');
  const [before, after] = ['run/checkpoints/best', 'from-turned/checkpoints/last'].map(
    (path) => readSafetensors(join(folder, path, 'model.safetensors')).tensors,
  );
  for (const head of ['decode_head', 'auxiliary_head']) {
    for (const kind of ['weight', 'bias']) {
      const rows = [before, after].map((tensors) => tensors?.get(`${head}.conv_seg.${kind}`));
      for (const [place, old] of [2, 0, 1].entries()) {
        expectClose(rows[1]?.at(place) as Tensor, rows[0]?.at(old) as Tensor, {
          atol: 1e-9,
        });
      }
    }
  }
});

describe('finetune --task segmentation --resume', () => {
  test('ends with the same weights and scores after SIGKILL at any moment', async () => {
    const killed = join(folder, 'killed');
    await killAt([...settings, '--data', data, '--out', killed], [inStep, inEvaluation]);
    const { code, stderr } = await umMae('finetune', '--resume', '--out', killed);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(resultOf(killed)).toEqual(resultOf(run));
  });

  test('refuses other classes', async () => {
    const classes = 'data.classes={ground: 0, square: [1, 2]}';
    const text = await refusal('finetune', '--resume', '--out', run, '--set', classes);
    expect(text).toMatch(/^Expected `data\.classes.*as in the run in .*, but got /);
  });
});

describe('bad values', () => {
  const refused = (...more: readonly string[]) =>
    refusal(...settings, '--data', data, '--out', join(folder, 'never'), ...more);

  test('batch norm of one image is refused, with both ways out', async () => {
    expect(await refused('--batch-size', '1')).toMatch(
      /^Expected 2 or more, .*head\.norm.*group.* for `batchSize` but got 1\./,
    );
  });

  test.each<[string, readonly string[], RegExp]>([
    [
      'a value without a class',
      ['--set', 'data.classes={ground: 0, square: 1}'],
      /^Expected .*\b2\b.*/,
    ],
    ['a set that is not there', ['--val', 'nowhere'], /^Expected images with masks/],
  ])('%s is refused before the first step', async (_, more, sentence) => {
    expect(await refused(...more)).toMatch(sentence);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  test('masks of 0 and 255 and a folder without masks are refused before the first step', async () => {
    const [binary, empty] = [join(folder, 'binary'), join(folder, 'empty')];
    for (const place of [binary, empty]) await writeSquares(place, { train: 2, val: 2 });
    for (const part of ['train', 'val']) {
      for (const name of ['0.png', '1.png']) {
        const file = join(binary, 'masks', part, name);
        const mask = await sharp(file).extractChannel(0).threshold(1).png().toBuffer();
        writeFileSync(file, mask);
        rmSync(join(empty, 'masks', part, name));
      }
    }
    rmSync(join(binary, 'masks/classes.txt'));
    const out = ['--out', join(folder, 'never')];
    expect(await refusal(...settings, '--data', binary, ...out)).toMatch(
      /only 0 and 255.*\n.*background: 0, object: 255/,
    );
    expect(await refusal(...settings, '--data', empty, ...out)).toMatch(/^Expected /);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  test('a head for other classes is refused unless a new one is wanted', async () => {
    const other = join(folder, 'two');
    await writeSquares(other, { train: 4, val: 2, classes: ['ground', 'thing', 'disc'] });
    const args = settings.map((value) => (value === 'none' ? run : value));
    const text = await refusal(...args, '--data', other, '--out', join(folder, 'never'));
    expect(text).toMatch(/^Expected a head for the class `thing` in .* but got one for `square`\./);
    const out = join(folder, 'new-head');
    const { code } = await umMae(
      ...args,
      '--data',
      other,
      '--out',
      out,
      '--new-head',
      '--epochs',
      '1',
    );
    expect(code).toBe(0);
  });

  test('a group of values without spaces is refused with what it lacks', async () => {
    expect(await refused('--set', 'crop={height:64, width:64}')).toBe(
      'Expected a space after each colon for `crop` but got `{height:64, width:64}`.\n',
    );
  });

  test('weights of classes need one number for each', async () => {
    expect(await refused('--set', 'classWeights=[1, 2]')).toMatch(
      /^Expected `classWeights` of 3 numbers, one for each class, but got 2\./,
    );
  });
});
