import { copyFileSync, cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { startUmMae, temporaryFolder, umMae } from '../../cli/testing/command-line.js';
import { writeScenes } from '../../demo/scenes.js';
import type { FinetuneEvent } from './events.js';

const folder = temporaryFolder();
const unbroken = join(folder, 'unbroken');

/** 24 images: 3 steps of 2 x 4 an epoch, 9 in all, with checkpoints in the middle of epochs. */
const settings = [
  ...['finetune', '--from', 'none', '--data', join(folder, 'scenes'), '--model', 'swin-micro'],
  ...['--image-size', '32', '--threads', '1', '--workers', '1', '--batch-size', '4'],
  ...['--accumulation', '2', '--epochs', '3', '--checkpoint-every', '2', '--json'],
  ...[
    'backbone.channels=8',
    'backbone.heads=[1, 1, 1, 1]',
    'averageDecay=0.9',
    'logEvery=1',
  ].flatMap((value) => ['--set', value]),
];

beforeAll(async () => {
  const perClass = { train: 3, val: 1 };
  await writeScenes(join(folder, 'scenes'), { perClass, seed: 1, size: 40 });
  const { code, stderr } = await umMae(...settings, '--out', unbroken);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

function imagesIn(path: string): string[] {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.png')).map((name) => join(path, name));
}

/** The results of a run that must not depend on how often it was stopped. */
function resultOf(run: string) {
  const read = (name: string) => readFileSync(join(run, name));
  const base64 = (name: string) => read(`checkpoints/${name}.safetensors`).toString('base64');
  const lines = read('metrics.jsonl').toString().trimEnd().split('\n');
  return {
    weights: ['best/model', 'last/model', 'last/optimizer', 'last/average'].map(base64),
    pictures: ['epoch-0001', 'epoch-0003'].map((name) =>
      read(`images/${name}.png`).toString('base64'),
    ),
    lines: lines.map((line) => {
      const { kind, step, loss, learningRate, gradientNorm, topOne, perClass } = JSON.parse(line);
      return { kind, step, loss, learningRate, gradientNorm, topOne, perClass };
    }),
  };
}

describe('finetune --resume', () => {
  test('ends with the same weights, scores and best checkpoint after SIGKILL at any moment', async () => {
    const run = join(folder, 'killed');
    const moments: readonly ((event: FinetuneEvent) => boolean)[] = [
      ({ kind }) => kind === 'started',
      (event) => event.kind === 'step' && event.metrics.step === 3,
      (event) => event.kind === 'evaluated',
      (event) => event.kind === 'checkpoint' && event.step === 6,
      (event) => event.kind === 'epoch' && event.metrics.step === 9,
    ];
    for (const [attempt, isMoment] of moments.entries()) {
      const mode = attempt === 0 ? [] : ['--resume'];
      const running = startUmMae([...settings, ...mode, '--out', run], (line) => {
        if (isMoment(JSON.parse(line))) running.child.kill('SIGKILL');
      });
      expect((await running.outcome).code).toBe(null);
    }
    const { code, stderr } = await umMae('finetune', '--resume', '--out', run);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(resultOf(run)).toEqual(resultOf(unbroken));
  });

  test('goes on after SIGINT in an evaluation, which is done again', async () => {
    const run = join(folder, 'interrupted');
    const running = startUmMae([...settings, '--out', run], (line) => {
      const event: FinetuneEvent = JSON.parse(line);
      if (event.kind === 'epoch' && event.metrics.step === 3) running.child.kill('SIGINT');
    });
    const stopped = await running.outcome;
    expect(stopped).toMatchObject({ code: 130, stdout: expect.not.stringContaining('evaluated') });
    const state = JSON.parse(readFileSync(join(run, 'checkpoints/last/state.json'), 'utf8'));
    expect(state).toMatchObject({ step: 3, epoch: 1, isLookDue: true });
    const resume = ['finetune', '--resume', '--json', '--out', run];
    const last = startUmMae(resume, (line) => {
      const event: FinetuneEvent = JSON.parse(line);
      if (event.kind === 'epoch' && event.metrics.step === 9) last.child.kill('SIGINT');
    });
    expect((await last.outcome).code).toBe(130);
    expect((await umMae(...resume)).code).toBe(0);
    expect(resultOf(run)).toEqual(resultOf(unbroken));
  });

  test('extends a finished run, and keeps its best evaluation', async () => {
    const run = join(folder, 'extended');
    cpSync(unbroken, run, { recursive: true, verbatimSymlinks: true });
    const longer = [
      'finetune',
      '--extend',
      '--epochs',
      '4',
      '--set',
      'warmup.steps=1',
      '--out',
      run,
    ];
    const { code, stdout, stderr } = await umMae(...longer);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Extending the run after step 9, training to step 12');
    const lines = resultOf(run).lines;
    expect(lines.slice(0, -5)).toEqual(resultOf(unbroken).lines);
    expect(lines.slice(-5).map(({ kind }) => kind)).toEqual([
      ...['step', 'step', 'step', 'epoch', 'evaluation'],
    ]);
  });

  test('refuses another recipe, other labels, and a run of pre-training', async () => {
    const changed = await umMae('finetune', '--resume', '--out', unbroken, '--layer-decay', '0.5');
    expect(changed).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^um-mae: Expected `layerDecay` 0\.85, as in the run in .*, but got 0\.5\.\n/,
      ),
    });
    const val = ['--train', join(folder, 'scenes/val'), '--val', join(folder, 'scenes/val')];
    const others = await umMae(
      'finetune',
      '--resume',
      '--out',
      unbroken,
      ...val,
      '--batch-size',
      '4',
    );
    expect(others.code).toBe(2);
    expect(others.stderr).toContain(
      'Expected the 24 images that the run began with, by their names and labels, but got 8.',
    );
    const [image = '', other = ''] = imagesIn(join(folder, 'scenes/train'));
    copyFileSync(other, image);
    const replaced = await umMae('finetune', '--resume', '--out', unbroken);
    expect(replaced).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/hold others than before .*of 24 compared.*: 1 \(.*\)\n/),
    });
    const task = await umMae('pretrain', '--resume', '--out', unbroken);
    expect(task).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^um-mae: Expected a run of um-mae pretrain to resume in .* but got one of um-mae finetune\.\n/,
      ),
    });
  });
});
