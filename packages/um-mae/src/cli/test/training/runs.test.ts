/** Runs are listed, made smaller and deleted, and nothing else is. */
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { RunLock } from '../../../training/run-files/run-lock.js';
import { readEvents } from '../../../training/tensorboard/testing/read-events.js';
import { refusal, temporaryFolder, umMae, umMaeAlone } from '../../testing/command-line.js';
import { copyKeptRuns } from '../../testing/kept-runs.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const [finished, stopped] = [at('finetuning'), at('pretraining')];

beforeAll(() => copyKeptRuns(folder));

/** Every file below a folder. */
const filesIn = (path: string) => readdirSync(path, { recursive: true, encoding: 'utf8' });

async function linesOf(...args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await umMae('runs', ...args, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

describe('um-mae runs', () => {
  test('lists runs with their state, score and size', async () => {
    const { code, stdout } = await umMaeAlone('runs', folder);
    expect(code).toBe(0);
    const [head, first, second, sum] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^run +state +done +score +trained +size$/);
    expect(first).toMatch(/finetuning +finished +100\.0 % +top-1 \d+\.\d % +\d+ s +\d+ kB$/);
    expect(second).toMatch(/pretraining +stopped +\d+\.\d % +\S.* +\d+ s +\d+ kB$/);
    expect(sum).toMatch(/^2 runs, /);
    const [entry] = await linesOf(finished);
    const run = { path: finished, state: 'finished', problem: null, reason: null };
    expect(entry).toMatchObject({ ...run, task: 'classification', command: 'finetune' });
    writeFileSync(
      join(stopped, 'failure.json'),
      '{"reason":"No.","step":1,"savedStep":1,"time":""}',
    );
    expect(await linesOf(stopped)).toMatchObject([{ state: 'failed', reason: 'No.' }]);
  });

  test('says where there are none', async () => {
    expect((await umMae('runs', at('images'))).stdout).toMatch(/^No runs in .*images\.\n$/);
    expect(await refusal('runs', at('nowhere'))).toMatch(/nowhere.*no such file/);
  });
});

describe('um-mae runs prune', () => {
  test('asks first, and refuses a run that is not finished', async () => {
    expect(await refusal('runs', 'prune', finished)).toBe(
      'Expected a terminal to ask at, or --yes, but got neither: nothing is deleted.\n',
    );
    expect(await refusal('runs', 'prune', stopped, '--yes')).toMatch(
      /^Expected a finished run to prune at .* but got one that is failed\.\n$/,
    );
  });

  test('leaves weights and numbers of finished runs, which go on no more', async () => {
    const scores = async () => (await umMae('evaluate', finished, '--json')).stdout;
    const before = await scores();
    const events = join(
      finished,
      filesIn(finished).find((name) => name.includes('tfevents')) ?? '',
    );
    const values = readEvents(readFileSync(events)).flatMap((event) => event.values);
    const [pruned] = await linesOf('prune', folder, '--yes');
    expect(pruned).toMatchObject({ path: finished, freed: expect.any(Number) });
    expect(filesIn(finished).filter((name) => name.includes('optimizer'))).toEqual([]);
    expect(filesIn(stopped).some((name) => name.includes('optimizer'))).toBe(true);
    expect(readEvents(readFileSync(events)).flatMap((event) => event.values)).toEqual(
      values.filter(({ image }) => !image),
    );
    expect(await scores()).toBe(before);
    expect(await linesOf('prune', finished, '--yes')).toEqual([]);
    expect(await refusal('finetune', '--resume', '--out', finished)).toMatch(
      /^Expected the state of the optimizer in .* but it was pruned: the run goes on no more\.\n/,
    );
  });
});

describe('um-mae runs remove', () => {
  test('deletes runs with their features, and refuses links, other folders, other files and runs at work', async () => {
    symlinkSync(finished, at('link'));
    expect(await refusal('runs', 'remove', at('link'), '--yes')).toMatch(/but got a link\.\n$/);
    expect(await refusal('runs', 'remove', finished, at('images'), '--yes')).toMatch(
      /^Expected the folder of a run at .*images but got no recipe\.yaml there\.\n$/,
    );
    writeFileSync(join(finished, 'thesis.txt'), 'text');
    expect(await refusal('runs', 'remove', finished, '--yes')).toMatch(/but got thesis\.txt\.\n/);
    expect(existsSync(join(finished, 'recipe.yaml'))).toBe(true);
    const lock = await RunLock.take(stopped);
    expect(await refusal('runs', 'remove', stopped, '--yes')).toMatch(
      /^Expected no process at work in .*\n/,
    );
    lock.release();
    const features = `${stopped}.features`;
    const [{ bytes } = {}] = await linesOf(stopped);
    writeFileSync(join(features, 'own.txt'), 'text');
    expect(await refusal('runs', 'remove', stopped, '--yes')).toMatch(
      /^Expected nothing but features of the run to delete in .*\.features but got own\.txt\.\n/,
    );
    rmSync(join(features, 'own.txt'));
    expect(await linesOf('remove', stopped, '--yes')).toEqual([
      { path: stopped, features, freed: bytes },
    ]);
    expect([existsSync(stopped), existsSync(features)]).toEqual([false, false]);
  });
});
