/**
 * Measures the cost of working together: steps by two processes of one core each, by one process that
 * takes half of their batch on one core, and by two such processes that know nothing of each other,
 * in turns; and by the program of an earlier commit.
 *
 *     node experiments/distributed/speed.mjs --rounds 5 --before COMMIT/packages/um-mae/bin/um-mae.js
 *     node experiments/distributed/speed.mjs --model swin-tiny --size 128 --batch 16 --block 4
 *
 * A line of `speed.jsonl` for each turn, in milliseconds of a step: the median and the least time
 * that has passed, and of each process the median and the least processor time of all its threads,
 * over blocks of steps.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort, program, start, writeImages } from './processes.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    model: { type: 'string', default: 'swin-micro' },
    size: { type: 'string', default: '64' },
    batch: { type: 'string', default: '64' },
    block: { type: 'string', default: '20' },
    before: { type: 'string' },
  },
});
const { model, size, before } = values;
const batch = Number(values.batch);
const block = Number(values.block);
const warmup = block;
const blocks = 6;
const folder = mkdtempSync(join(tmpdir(), 'um-mae-speed-'));
const data = await writeImages(join(folder, 'data'), 300, 64);

const ticksPerSecond = 100;

/** The processor time of all threads of a process, in milliseconds. */
function processorMs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (1000 * (Number(fields[11]) + Number(fields[12]))) / ticksPerSecond;
}

/** Trains on one core, for as long as it takes to count all blocks of steps. */
function train({ core, batchSize, environment, file = program }, name, onStep) {
  const words = ['taskset', '-c', `${core}`, process.execPath, file, 'pretrain', '--data', data];
  const settings = ['--model', model, '--batch-size', `${batchSize}`, '--threads', '1'];
  const steps = warmup + block * blocks + 2;
  const pixels = ['--image-size', `${size}x${size}`];
  const length = ['--set', `duration.steps=${steps}`, '--set', 'logEvery=1', '--workers', '1'];
  return start(
    [...words, ...settings, ...pixels, ...length, '--json', '--out', join(folder, name)],
    {
      environment,
      onEvent({ kind, metrics }) {
        if (kind === 'step') onStep(metrics.step);
      },
    },
  );
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const round = (number) => Number(number.toFixed(2));

/** The differences of neighbours. */
const steps = (values) => values.slice(1).map((value, i) => value - values[i]);

/** Runs processes at once, which are measured at the steps of the first one. */
async function measure(members, name) {
  const moments = [];
  const times = members.map(() => []);
  const runs = members.map((member, i) =>
    train(member, `${name}-${i}`, (step) => {
      if (i > 0 || step < warmup || step > warmup + block * blocks) return;
      moments.push(performance.now());
      if ((step - warmup) % block > 0) return;
      for (const [other, { child }] of runs.entries()) times[other].push(processorMs(child.pid));
    }),
  );
  for (const { code, stderr } of await Promise.all(runs.map(({ outcome }) => outcome)))
    if (code !== 0) throw new Error(stderr);
  const passed = steps(moments);
  const each = times.map((own) => steps(own).map((ms) => ms / block));
  return {
    passed: { median: round(median(passed)), least: round(Math.min(...passed)) },
    processor: each.map((own) => ({
      median: round(median(own)),
      least: round(Math.min(...own)),
    })),
  };
}

const place = (rank, port) => ({
  RANK: `${rank}`,
  WORLD_SIZE: '2',
  MASTER_ADDR: '127.0.0.1',
  MASTER_PORT: `${port}`,
});
const half = { core: 0, batchSize: batch / 2 };

/** The processes of each turn. */
const ways = {
  'two together': async () => {
    const port = await freePort();
    return [0, 1].map((rank) => ({
      core: rank,
      batchSize: batch,
      environment: place(rank, port),
    }));
  },
  'one with half the batch': () => [half],
  'two apart with half the batch': () => [half, { ...half, core: 1 }],
  ...(before ? { 'one of the earlier commit': () => [{ ...half, file: before }] } : {}),
};

const results = new URL('speed.jsonl', import.meta.url);
const machine = `${cpus().length} x ${cpus()[0].model}`;
try {
  for (let turn = 0; turn < Number(values.rounds); turn++) {
    for (const [run, membersOf] of Object.entries(ways)) {
      const date = new Date().toISOString();
      const [load] = loadavg();
      const found = await measure(await membersOf(), `${turn}-${run.replaceAll(' ', '-')}`);
      const line = { run, model, size: Number(size), batch, ...found, load, machine, date };
      console.log(JSON.stringify(line));
      appendFileSync(results, `${JSON.stringify(line)}\n`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
