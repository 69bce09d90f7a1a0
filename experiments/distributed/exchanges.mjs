/**
 * The time of a small exchange, as of the counts and losses of a step, by 2 to 16 processes of this
 * machine: the least and the median of many, in milliseconds, as lines of `exchanges.jsonl`.
 *
 *     node experiments/distributed/exchanges.mjs
 */
import { fork } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Group } from '../../packages/torch/dist/src/distributed/index.js';
import { freePort } from './processes.mjs';

const repeats = 300;
const numbers = Array.from({ length: 8 }, (_, i) => i);

async function member(rank, size, port) {
  const group = await Group.join({ rank, size, host: '127.0.0.1', port });
  const times = [];
  for (let i = 0; i < repeats; i++) {
    const startMs = performance.now();
    await group.sum(numbers);
    times.push(performance.now() - startMs);
  }
  await group.close();
  times.sort((a, b) => a - b);
  if (rank === 0) process.send({ least: times[0], median: times[repeats / 2] });
}

async function measure(size) {
  const port = await freePort();
  const file = fileURLToPath(import.meta.url);
  const env = { ...process.env, OMP_NUM_THREADS: '1' };
  const children = Array.from({ length: size }, (_, rank) =>
    fork(file, [rank, size, port].map(String), { env }),
  );
  const ends = children.map((child) => new Promise((done) => child.once('exit', done)));
  const found = await new Promise((done) => children[0].once('message', done));
  await Promise.all(ends);
  return found;
}

const [rank, size, port] = process.argv.slice(2).map(Number);
if (port !== undefined) {
  await member(rank, size, port);
} else {
  const results = new URL('exchanges.jsonl', import.meta.url);
  const machine = `${cpus().length} x ${cpus()[0].model}`;
  for (const processes of [2, 4, 8, 16]) {
    const date = new Date().toISOString();
    const { least, median } = await measure(processes);
    const round = (ms) => Number(ms.toFixed(3));
    const load = loadavg()[0];
    const line = { processes, least: round(least), median: round(median), load, machine, date };
    console.log(line);
    appendFileSync(results, `${JSON.stringify(line)}\n`);
  }
}
