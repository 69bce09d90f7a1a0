import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import {
  startUmMae,
  temporaryFolder,
  tinyModel,
  umMae,
  umMaeAlone,
  writeImages,
} from '../../testing/command-line.js';
import { checkpointDigests } from '../../testing/golden-runs.js';
import type { Outcome } from '../../testing/program-host.js';
import { freePort } from '../../testing/team/free-port.js';

const folder = temporaryFolder();
const data = join(folder, 'data');
const alone = join(folder, 'alone');

/** 25 images, one of them unreadable: 2 steps of 2 x 5 an epoch. */
const settings = [
  ...['pretrain', '--data', data, ...tinyModel, '--batch-size', '5', '--accumulation', '2'],
  ...['--set', 'duration.steps=6', '--set', 'dropPath=0.3', '--max-unreadable', '0.1', '--json'],
];

beforeAll(async () => {
  await writeImages(data, 3);
  writeFileSync(join(data, 'broken.png'), 'broken');
  const { code, stderr } = await umMae(...settings, '--out', alone);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

function linesOf(
  run: string,
): { kind: string; step: number; loss: number; gradientNorm: number }[] {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** The numbers of two runs, up to rounding. */
function expectSameRun(run: string): void {
  const [found, expected] = [linesOf(run), linesOf(alone)];
  expect(found.map(({ kind, step }) => [kind, step])).toEqual(
    expected.map(({ kind, step }) => [kind, step]),
  );
  for (const [i, { loss, gradientNorm }] of found.entries()) {
    const other = expected[i];
    expect(Math.abs(loss / (other?.loss ?? Number.NaN) - 1)).toBeLessThan(1e-5);
    expect(Math.abs(gradientNorm / (other?.gradientNorm ?? Number.NaN) - 1)).toBeLessThan(1e-4);
  }
  const skipped = (path: string) => readFileSync(join(path, 'skipped.jsonl'), 'utf8');
  expect(skipped(run)).toBe(skipped(alone));
}

test('two processes compute what one does, and go on to the bit after a stop and a kill', async () => {
  const [unbroken, run] = [join(folder, 'unbroken'), join(folder, 'stopped')];
  const two = [...settings, '--devices', '2', '--patience', '60'];
  expect((await umMaeAlone(...two, '--out', unbroken)).code).toBe(0);
  expectSameRun(unbroken);

  const again = [...two, '--continue', '--out', run];
  const stopped = startAndSignal(again, (launcher) => process.kill(launcher, 'SIGTERM'));
  expect(await stopped).toMatchObject({
    code: 143,
    stderr: 'Finishing the step; a second signal stops at once.\n',
  });
  const killed = startAndSignal(again, (launcher) => {
    const children = `/proc/${launcher}/task/${launcher}/children`;
    process.kill(Number(readFileSync(children, 'utf8').trim().split(' ').at(-1)), 'SIGKILL');
  });
  expect(await killed).toMatchObject({
    code: 137,
    stderr: 'um-mae: Process 1 was killed by SIGKILL.\n',
  });
  expect((await umMaeAlone(...again)).code).toBe(0);
  expectSameRun(run);
  expect(checkpointDigests(run)).toEqual(checkpointDigests(unbroken));
});

/** Sends a signal after the first step. */
function startAndSignal(
  args: readonly string[],
  signal: (launcher: number) => void,
): Promise<Outcome> {
  let sent = false;
  const running = startUmMae(args, (line) => {
    if (sent || JSON.parse(line).kind !== 'step') return;
    sent = true;
    signal(running.child.pid ?? Number.NaN);
  });
  return running.outcome;
}

const program = fileURLToPath(new URL('../../../../bin/um-mae.js', import.meta.url));

/** Starts processes as torchrun does, each with arguments of its own. */
async function startAsTorchrun(...args: readonly (readonly string[])[]): Promise<Outcome[]> {
  const port = await freePort();
  return Promise.all(
    args.map(
      (own, rank) =>
        new Promise<Outcome>((resolve) => {
          const place = { RANK: `${rank}`, WORLD_SIZE: `${args.length}` };
          const main = { MASTER_ADDR: '127.0.0.1', MASTER_PORT: `${port}` };
          const env = { ...process.env, ...place, ...main };
          execFile(process.execPath, [program, ...own], { env }, (error, stdout, stderr) =>
            resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
          );
        }),
    ),
  );
}

test.each([
  {
    what: 'another recipe',
    other: ['--batch-size', '6'],
    sentence:
      /^um-mae: Expected `recipe\.batchSize` 5, as in process 0 on \S+, but got 6 in process 1 on \S+\.\n$/,
  },
  {
    what: 'a run to resume that is not there',
    other: ['--resume'],
    sentence:
      /^um-mae: Process 1 on \S+: Expected a run to resume in \S+ but got no recipe\.yaml there\.\nLeave out --resume to begin one\.\n$/,
  },
])(
  '$what in one of two processes ends both, and nothing is written',
  async ({ other, sentence }) => {
    const run = join(folder, 'different');
    const own = [...settings, '--patience', '60', '--out', run];
    const outcomes = await startAsTorchrun(own, [...own, ...other]);
    const [first, second] = outcomes;
    expect(first?.stderr).toMatch(sentence);
    expect(second?.stderr).toBe('');
    expect(outcomes.map(({ code }) => code)).toEqual([2, 2]);
    expect(JSON.parse(first?.stdout ?? '')).toEqual({ kind: 'failed', reason: expect.any(String) });
    expect(second?.stdout).toBe('');
    expect(existsSync(run)).toBe(false);
  },
);

test('more processes than images in a batch are refused once', async () => {
  const run = join(folder, 'many');
  const many = [...settings, '--batch-size', '1', '--devices', '2', '--out', run];
  const reason = 'Expected a `batchSize` of at least one image for each of 2 processes but got 1.';
  expect(await umMaeAlone(...many)).toEqual({
    code: 2,
    stdout: `${JSON.stringify({ kind: 'failed', reason })}\n`,
    stderr: `um-mae: ${reason}\n`,
  });
  expect(existsSync(run)).toBe(false);
});

test('embed writes the same file in two processes, and complains once', async () => {
  const [one, two] = ['one', 'two'].map((name) => join(folder, `${name}.npy`));
  const args = ['embed', alone, data, '--batch-size', '4', '--out'];
  const expected = await umMae(...args, `${one}`);
  const found = await umMaeAlone(...args, `${two}`, '--devices', '2', '--patience', '60');
  expect(found).toEqual({ ...expected, stdout: expected.stdout.replace(`${one}`, `${two}`) });
  expect(found.stderr).toMatch(/^Skipped 1 unreadable image:\n.*broken\.png: .*\n$/);
  expect(readFileSync(`${two}`).equals(readFileSync(`${one}`))).toBe(true);
});
