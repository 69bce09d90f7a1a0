/** `um-mae sweep`: real runs, one after the other. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { startUmMae, temporaryFolder, umMae, writeImages } from '../../testing/command-line.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

const recipe = {
  method: 'mae',
  backbone: { kind: 'vit', channels: 16, depth: 1, heads: 2, patch: 8 },
  masking: { kind: 'random' },
  decoder: { channels: 16, depth: 1, heads: 2 },
  image: { height: 32, width: 32 },
  data: { paths: [at('images')] },
  batchSize: 4,
  duration: { steps: 1 },
};

beforeAll(async () => {
  await writeImages(at('images'), 1);
  writeFileSync(at('recipe.yaml'), stringify(recipe));
});

const oneThread = ['--threads', '1', '--workers', '1'];

describe('um-mae sweep', () => {
  test('trains all settings, tells which failed, and leaves out what is finished', async () => {
    const args = [at('recipe.yaml'), '--set', 'batchSize=4,400', '--out', at('sweep'), '--json'];
    const source = ['--recipe', at('recipe.yaml'), '--out', at('source'), ...oneThread];
    expect((await umMae('pretrain', ...source)).code).toBe(0);
    const from = ['--from', at('source')];
    const { code, stdout, stderr } = await umMae('sweep', ...args, ...from, ...oneThread);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Expected at least 400 images.*\n.*\n.*batchSize-400 failed with exit/);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ task: 'pretrain', by: { name: 'loss', isBetter: 'lower' } });
    expect(report.settings).toMatchObject([
      { varied: { batchSize: '4' }, scores: { loss: { runs: 1, deviation: null } } },
      { varied: { batchSize: '400' }, runs: [{ state: 'failed' }] },
    ]);
    expect(JSON.parse(readFileSync(at('sweep/sweep.json'), 'utf8')).settings).toEqual(
      report.settings,
    );
    expect(readFileSync(at('sweep/sweep.csv'), 'utf8')).toMatch(
      /^run,batchSize,seed,state,loss\r\nbatchSize-4,4,,finished,[\d.]+\r\n/,
    );
    const written = () => statSync(at('sweep/batchSize-4/recipe.yaml')).mtimeMs;
    const before = written();
    expect(readFileSync(at('sweep/batchSize-4/train.log'), 'utf8')).toContain(
      `Took the backbone and the decoder from the weights in ${at('source')}/`,
    );
    const again = await umMae(
      'sweep',
      at('recipe.yaml'),
      '--batch-size',
      '4,2',
      ...args.slice(3, 5),
      ...from,
    );
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/^\nRun 2 of 2: batchSize-2\n/);
    expect(again.stdout).toMatch(/\nbatchSize {2}loss +runs\n[24] +\d\.\d+ +1\n[24] +\d\.\d+ +1\n/);
    expect(written()).toBe(before);
  });

  test('stops by a signal, with what is left to do', async () => {
    const args = [at('recipe.yaml'), '--set', 'duration.steps=100000', '--seeds', '0,1'];
    const running = startUmMae(['sweep', ...args, '--out', at('stopped'), ...oneThread], (line) => {
      if (/^ .*\d\.\d/.test(line)) running.child.kill('SIGINT');
    });
    const { code, stdout } = await running.outcome;
    expect(code).toBe(130);
    expect(stdout).toMatch(/Stopped after step/);
    expect(stdout).not.toContain('Run 2 of 2');
    expect(stdout).toMatch(/\n0, 2 to do\nThe same command goes on with what is left\.\n$/);
  });

  test('refuses a recipe or a value before the first run', async () => {
    const refused = async (...args: readonly string[]) => {
      const { code, stderr } = await umMae('sweep', ...args, '--out', at('refused'));
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refused(at('recipe.yaml'), '--set', 'batchSizes=4,8')).toContain(
      'Expected a key of the recipe but got `batchSizes`; did you mean `batchSize`?',
    );
    expect(await refused('swin-mico')).toContain('Expected a YAML file or the name of a recipe');
  });
});
