/**
 * Does `--budget` end on time? Runs `um-mae pretrain` and `finetune` with budgets, alone and beside
 * a process that takes every core from a third to two thirds of the time, and measures from the start
 * of the process to its end.
 *
 *   node experiments/budget/run.mjs PHOTOS LABELLED OUT [--budgets 60,180] [--tasks pretrain,finetune]
 *     [--machines alone,disturbed]
 *
 * PHOTOS holds images, LABELLED train/CLASS/ and val/CLASS/. Runs are written to OUT, and what was
 * measured to `results.jsonl` here, with the load of the machine before and after.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { keepResults } from '../run.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    budgets: { type: 'string', default: '60,180' },
    tasks: { type: 'string', default: 'pretrain,finetune' },
    machines: { type: 'string', default: 'alone,disturbed' },
  },
});
const [photos, labelled, out] = positionals;
if (out === undefined) {
  console.error('usage: node experiments/budget/run.mjs PHOTOS LABELLED OUT [--budgets S,..]');
  process.exit(2);
}
const program = fileURLToPath(new URL('../../packages/um-mae/bin/um-mae.js', import.meta.url));
const results = new URL('results.jsonl', import.meta.url);
const inputs = {
  pretrain: ['--data', photos],
  finetune: ['--from', 'none', '--model', 'swin-micro', '--data', labelled],
};

/** Keeps every core busy for a time. Returns a function that ends it early. */
function disturb(seconds) {
  const busy = `const end = Date.now() + ${1000 * seconds}; while (Date.now() < end);`;
  const children = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', busy], { stdio: 'ignore' }),
  );
  return () => {
    for (const child of children) child.kill();
  };
}

/** Runs a command to its end. Returns its events and the seconds from start to end. */
async function timed(args) {
  const startMs = performance.now();
  const child = spawn(process.execPath, [program, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (bytes) => (output += bytes));
  const code = await new Promise((done) => child.on('close', done));
  const seconds = (performance.now() - startMs) / 1000;
  if (code !== 0) throw new Error(`um-mae ${args.join(' ')} failed.`);
  const lines = output.trimEnd().split('\n');
  return { events: lines.map((line) => JSON.parse(line)), seconds };
}

for (const budget of values.budgets.split(',').map(Number)) {
  for (const task of values.tasks.split(',')) {
    for (const machine of values.machines.split(',')) {
      const run = `${task}-${budget}-${machine}`;
      const directory = join(out, run);
      rmSync(directory, { recursive: true, force: true });
      const [before] = loadavg();
      let end = () => {};
      const timer = setTimeout(() => (end = disturb(budget / 3)), (1000 * budget) / 3);
      if (machine === 'alone') clearTimeout(timer);
      const args = [task, '--budget', `${budget}s`, ...inputs[task], '--out', directory];
      const { events, seconds } = await timed(args);
      clearTimeout(timer);
      end();
      const { choice } = events.find(({ kind }) => kind === 'chosen');
      const { summary } = events.at(-1);
      const measured = {
        task,
        machine,
        budget,
        seconds,
        off: seconds / budget - 1,
        chosen: choice.candidates.find(({ isChosen }) => isChosen).name,
        plannedSteps: choice.steps,
        steps: summary.step,
        revisions: events.filter(({ kind }) => kind === 'revised').length,
        loads: [before, loadavg()[0]],
        cores: availableParallelism(),
      };
      keepResults(results, run, [measured]);
      const percent = (100 * measured.off).toFixed(1);
      console.log(`${run}: ${seconds.toFixed(1)} s, ${percent} % off, ${measured.chosen}`);
    }
  }
}
