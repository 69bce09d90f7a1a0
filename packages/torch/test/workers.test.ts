import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { memory, ones, scope } from '../src/index.js';
import type { Ending, Report } from './worker.js';

const start = (ending: Ending) =>
  new Worker(new URL('./worker.js', import.meta.url), { workerData: ending });

function runProgram(name: string): {
  status: number | null;
  signal: string | null;
  stdout: string;
} {
  const program = fileURLToPath(new URL(name, import.meta.url));
  return spawnSync(process.execPath, [program], { encoding: 'utf8' });
}

describe('worker threads', () => {
  test('compute and dispose at the same time as the main thread', async () => {
    const before = memory().tensors;
    const workers = (['clean', 'clean', 'holding', 'holding'] as const).map(start);
    const reports = Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
    const exits = Promise.all(workers.map(async (worker) => (await once(worker, 'exit'))[0]));
    for (let i = 0; i < 100; i++) scope(() => ones([100]).add(1).sum().number());
    const [clean, , holding] = (await reports) as Report[];
    // 256 per loss, and the gradient of 4 samples summed up over 100 steps.
    expect(clean).toEqual({ tensors: 0, sum: 100 * 256 + (4 * 100 * 101) / 2 });
    expect(holding?.tensors).toBeGreaterThanOrEqual(200);
    expect(await exits).toEqual([0, 0, 0, 0]);
    expect(memory().tensors).toBe(before);
  });

  test('give back what they held', async () => {
    const before = memory().bytes;
    const worker = start('holding');
    await once(worker, 'exit');
    expect(memory().bytes - before).toBeLessThan(2 ** 16);
  });

  test('can be terminated', async () => {
    const worker = start('waiting');
    await once(worker, 'message');
    expect(await worker.terminate()).toBe(1);
  });

  test('end without the main thread having loaded libtorch', () => {
    expect(runProgram('./worker-only.js')).toMatchObject({
      status: 0,
      signal: null,
      stdout: '0 0',
    });
  });

  test('do not keep the process from exiting', () => {
    expect(runProgram('./exit-with-workers.js')).toMatchObject({
      status: 7,
      signal: null,
      stdout: '2',
    });
  });
});
