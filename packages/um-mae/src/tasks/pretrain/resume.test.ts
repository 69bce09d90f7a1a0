import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { platform } from 'node:os';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  refusal,
  startUmMae,
  temporaryFolder,
  tinyModel,
  umMae,
  writeImages,
} from '../../cli/testing/command-line.js';
import { writeScenes } from '../../demo/scenes.js';
import { parsePretrainRecipe } from '../../recipes/parse.js';
import { readRecipeFile } from '../../recipes/recipe-file.js';
import { RunLock } from '../../training/run-files/run-lock.js';
import { readRun } from '../../training/tensorboard/testing/read-events.js';
import { openWeights } from '../../weights/open-weights.js';
import type { PretrainEvent } from './events.js';

const folder = temporaryFolder();
const data = join(folder, 'data');
const unbroken = join(folder, 'unbroken');

/** 24 images: 3 steps of 2 x 4 an epoch, 12 in all, with checkpoints in the middle of epochs. */
const settings = [
  ...['pretrain', '--data', data, ...tinyModel, '--batch-size', '4', '--accumulation', '2'],
  ...['--epochs', '4', '--checkpoint-every', '2', '--json'],
];

beforeAll(async () => {
  await writeImages(data, 3);
  const { code, stderr } = await umMae(...settings, '--out', unbroken);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

/** The results of a run that must not depend on how often it was stopped. */
function resultOf(run: string) {
  const read = (name: string) => readFileSync(join(run, name));
  const lines = read('metrics.jsonl').toString().trimEnd().split('\n');
  return {
    model: read('checkpoints/last/model.safetensors').toString('base64'),
    optimizer: read('checkpoints/last/optimizer.safetensors').toString('base64'),
    events: readRun(run).filter(({ tag }) => tag.endsWith('/loss')),
    losses: lines.map((line) => {
      const { kind, step, loss, learningRate, gradientNorm, rankMe, linearProbe } =
        JSON.parse(line);
      return { kind, step, loss, learningRate, gradientNorm, rankMe, linearProbe };
    }),
  };
}

describe('pretrain --resume', () => {
  test('ends with the same weights and metrics after SIGKILL at any moment', async () => {
    const run = join(folder, 'killed');
    // Killed right after these events: before the first checkpoint, in the middle of an epoch,
    // while the sheet or the checkpoint of an epoch is written, right after a checkpoint, late.
    const moments: readonly ((event: PretrainEvent) => boolean)[] = [
      ({ kind }) => kind === 'started',
      (event) => event.kind === 'step' && event.metrics.step === 1,
      (event) => event.kind === 'step' && event.metrics.step === 3,
      (event) => event.kind === 'epoch' && event.metrics.step === 3,
      (event) => event.kind === 'checkpoint' && event.step === 4,
      (event) => event.kind === 'step' && event.metrics.step === 8,
      (event) => event.kind === 'epoch' && event.metrics.step === 12,
    ];
    for (const [attempt, isMoment] of moments.entries()) {
      const mode = attempt === 0 ? [] : ['--resume'];
      const workers = ['--workers', String(1 + (attempt % 3))];
      const running = startUmMae([...settings, ...mode, ...workers, '--out', run], (line) => {
        if (isMoment(JSON.parse(line))) running.child.kill('SIGKILL');
      });
      expect((await running.outcome).code).toBe(null);
    }
    const { code, stderr } = await umMae('pretrain', '--resume', '--out', run);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(resultOf(run)).toEqual(resultOf(unbroken));
  });

  test('takes up dropped paths, partial predictions, averaged weights and looks at the features', async () => {
    const scenes = join(folder, 'scenes');
    await writeScenes(scenes, { perClass: { train: 2, val: 1 }, seed: 2, size: 40 });
    const near = relative('.', scenes);
    const labelled = `watch.labelled={train: ${near}/train, val: ${near}/val}`;
    const values = ['dropPath=0.5', 'averageDecay=0.9', 'checkpointing=true', labelled];
    const sets = [...values, 'watch.every.epochs=2', 'decoder.kind=cross'].flatMap((value) => [
      '--set',
      value,
    ]);
    const whole = join(folder, 'options');
    expect((await umMae(...settings, ...sets, '--out', whole)).code).toBe(0);
    const run = join(folder, 'options-killed');
    const running = startUmMae([...settings, ...sets, '--out', run], (line) => {
      if (JSON.parse(line).kind === 'watched') running.child.kill('SIGKILL');
    });
    expect((await running.outcome).code).toBe(null);
    expect((await umMae('pretrain', '--resume', '--out', run)).code).toBe(0);
    expect(resultOf(run)).toEqual(resultOf(whole));
    const average = (name: string) =>
      readFileSync(join(name, 'checkpoints/last/average.safetensors'));
    expect(average(run).equals(average(whole))).toBe(true);
    expect(openWeights(run).path).toBe(join(run, 'checkpoints/last/average.safetensors'));
    // From whichever folder it goes on.
    expect(readFileSync(join(run, 'recipe.yaml'), 'utf8')).toContain(`train: ${scenes}/train\n`);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('goes on after %s, which ends the step and saves', async (signal, code) => {
    const run = join(folder, signal);
    const running = startUmMae([...settings, '--out', run], (line) => {
      const event: PretrainEvent = JSON.parse(line);
      if (event.kind === 'step' && event.metrics.step === 5) running.child.kill(signal);
    });
    const stopped = await running.outcome;
    expect(stopped.code).toBe(code);
    expect(stopped.stderr).toBe('Finishing the step; a second signal stops at once.\n');
    const last: PretrainEvent = JSON.parse(stopped.stdout.trimEnd().split('\n').at(-1) ?? '');
    expect(last.kind).toBe('interrupted');

    const resumed = await umMae(...settings, '--resume', '--out', run);
    expect(resumed.code).toBe(0);
    expect(resultOf(run)).toEqual(resultOf(unbroken));
    const log = readFileSync(join(run, 'train.log'), 'utf8');
    expect(log.match(/^\d{4}-\S+ \S+ UTC {2}um-mae pretrain /gm)).toHaveLength(2);
    expect(log).toMatch(
      /\nStopped after step \d and .*\nResume with:\n {2}um-mae pretrain --resume --out /,
    );
    expect(log).toMatch(
      /\nResuming after step \d, training to step 12 into [\s\S]*\nFinished after step 12/,
    );
  });

  test('saves after Ctrl-C in a shell, which ends the readers of its pipes, too', async () => {
    const run = join(folder, 'piped');
    const { child, outcome } = startUmMae([...settings, '--out', run], (line) => {
      const event: PretrainEvent = JSON.parse(line);
      if (event.kind !== 'step' || event.metrics.step !== 5) return;
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.kill('SIGINT');
    });
    expect((await outcome).code).toBe(130);
    expect(readdirSync(join(run, 'checkpoints'))).toContain('last');
  });

  test('has nothing to do when the run is complete', async () => {
    const before = resultOf(unbroken);
    const { code, stdout } = await umMae('pretrain', '--resume', '--out', unbroken);
    expect(code).toBe(0);
    expect(stdout).toContain('Finished after step 12');
    expect(resultOf(unbroken)).toEqual(before);
  });

  test('extends a finished run by a schedule of its own, which is resumed', async () => {
    const run = join(folder, 'extended');
    cpSync(unbroken, run, { recursive: true, verbatimSymlinks: true });
    const extend = ['pretrain', '--extend', '--out', run, '--set', 'warmup.steps=2'];
    const same = await umMae(...extend);
    expect({ code: same.code, stdout: same.stdout }).toEqual({ code: 2, stdout: '' });
    expect(same.stderr).toMatch(/Expected a `duration` beyond the 12 steps .* --epochs\.\n$/s);
    const { code, stdout, stderr } = await umMae(...extend, '--epochs', '6', '--lr', '0.01');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Extending the run after step 12, training to step 18 into ${run}\n`);
    expect(stdout).toMatch(/rises within 2 steps to 0\.0100 and falls until step 18\./);
    const rates = resultOf(run).losses.flatMap(({ kind, learningRate }) =>
      kind === 'step' ? [learningRate] : [],
    );
    expect(rates.slice(0, 12)).toEqual(
      resultOf(unbroken).losses.flatMap(({ kind, learningRate }) =>
        kind === 'step' ? [learningRate] : [],
      ),
    );
    expect(rates.slice(12, 15).map((rate) => Number(rate.toFixed(9)))).toEqual([0, 0.005, 0.01]);
    const { history } = parsePretrainRecipe(await readRecipeFile(join(run, 'recipe.yaml')));
    expect(history).toMatchObject([{ steps: 12, epochs: 4, duration: { epochs: 4 } }]);
    const resumed = await umMae('pretrain', '--resume', '--out', run);
    expect(resumed.stdout).toContain('Resuming after step 18, training to step 18');
  });

  test('refuses to extend a run that is not finished', async () => {
    const run = join(folder, 'unfinished');
    cpSync(unbroken, run, { recursive: true, verbatimSymlinks: true });
    const recipe = join(run, 'recipe.yaml');
    writeFileSync(recipe, readFileSync(recipe, 'utf8').replace('epochs: 4', 'epochs: 5'));
    expect(await refusal('pretrain', '--extend', '--out', run, '--epochs', '7')).toMatch(
      /^Expected a finished run to extend in .* but got one after step 12 of 15\.\nFinish it first, by --resume\.\n$/,
    );
  });

  test('refuses a folder in which another process is at work', async (context) => {
    if (platform() !== 'linux') context.skip('only Linux has the lock');
    const before = resultOf(unbroken);
    const lock = await RunLock.take(unbroken);
    for (const mode of ['--resume', '--overwrite']) {
      const { code, stdout, stderr } = await umMae(...settings, mode, '--out', unbroken);
      const reason = `Expected no other process at work in ${unbroken} but got one.\nWait until it has ended, or choose another --out.`;
      expect({ code, stderr }).toEqual({ code: 2, stderr: `um-mae: ${reason}\n` });
      expect(JSON.parse(stdout)).toEqual({ kind: 'failed', reason });
    }
    expect(resultOf(unbroken)).toEqual(before);
    lock.release();
    expect((await umMae('pretrain', '--resume', '--out', unbroken)).code).toBe(0);
  });

  test('refuses another model, length, data set and a folder without a run', async () => {
    const longer = await refusal('pretrain', '--resume', '--out', unbroken, '--steps', '99');
    expect(longer).toMatch(
      /^Expected `duration\.epochs` 4, as in the run in .*, but got none\.\nResume without it; --extend /,
    );
    const model = await umMae('pretrain', '--resume', '--out', unbroken, '--model', 'swin-tiny');
    expect(model).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^um-mae: Expected `backbone.channels` 8, as in the run in .*, but got 96\.\n.*\n$/,
      ),
    });

    const others = join(folder, 'others');
    await writeImages(others, 2);
    const images = await umMae('pretrain', '--resume', '--out', unbroken, '--data', others);
    expect(images.code).toBe(2);
    expect(images.stderr).toContain(
      'Expected the 24 images that the run began with, by their names and labels, but got 16.',
    );

    const nothing = await umMae('pretrain', '--resume', '--out', join(folder, 'nothing'));
    expect(nothing.code).toBe(2);
    expect(nothing.stderr).toMatch(/^um-mae: Expected a run to resume in .*\n.*\n$/);
  });
});
