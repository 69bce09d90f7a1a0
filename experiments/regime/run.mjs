/**
 * Finds the grid and the length from which secondary masking helps, if there are any: pre-trains,
 * probes and fine-tunes on tiny-imagenet-20.
 *
 *   node experiments/regime/run.mjs DATA OUT [--models swin-micro,pvt-micro] [--grids 8,16]
 *     [--rows um-0,um-10,um-25,um-40,simmim,simmim-time] [--lengths 10,40,120] [--seeds 0,1,2]
 *     [--device cuda] [--jobs 2]
 *
 * DATA holds train/CLASS/, val/CLASS/ and train_10percent.txt. Without `--device` it is a GPU where
 * there is one. Runs are written to OUT and scores to `results.jsonl` here: what has a score is not
 * run again, and a run that was stopped is resumed. `table.mjs` prints the scores.
 */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runTasks } from '../queue.mjs';
import { umMae } from '../run.mjs';
import { finalScores } from '../scores.mjs';
import { lengths, rows, tasksOf } from './plan.mjs';

const usage =
  'usage: node experiments/regime/run.mjs DATA OUT [--models M,..] [--grids G,..] [--rows R,..] [--lengths L,..] [--seeds S,..] [--device D] [--jobs N]';
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string', default: 'swin-micro,pvt-micro' },
    grids: { type: 'string', default: '8,16' },
    rows: { type: 'string', default: Object.keys(rows).join(',') },
    lengths: { type: 'string', default: lengths.join(',') },
    seeds: { type: 'string', default: '0,1,2' },
    device: { type: 'string' },
    jobs: { type: 'string' },
  },
});
const [data, out] = positionals;
if (data === undefined || out === undefined) {
  console.error(usage);
  process.exit(2);
}
const device = values.device ?? (await fastestDevice());
const cores = availableParallelism();
// One thread a job keeps the cores busy; a GPU takes few jobs at a time, whose images need cores.
const jobs = Number(values.jobs ?? (device === 'cpu' ? cores : Math.min(4, cores)));
const workers = String(Math.max(1, Math.floor(cores / jobs)));
const machine = {
  training: ['--device', device, '--threads', '1', '--workers', workers],
  features: ['--device', device, '--workers', workers],
};
const listed = (name) => values[name].split(',');
const choices = listed('lengths').flatMap((length) =>
  listed('seeds').flatMap((seed) =>
    listed('models').flatMap((model) =>
      listed('grids').flatMap((grid) =>
        listed('rows').map((row) => ({
          model,
          grid: Number(grid),
          row,
          length: Number(length),
          seed: Number(seed),
        })),
      ),
    ),
  ),
);
await mkdir(out, { recursive: true });
await runTasks(
  choices.flatMap((choice) => tasksOf(choice, machine)),
  {
    places: { DATA: data, OUT: out },
    results: new URL('results.jsonl', import.meta.url),
    scores: (report) => ({ ...finalScores(report), device }),
    jobs,
  },
);

/** Returns the first GPU, or the processor where there is none. */
async function fastestDevice() {
  const { report } = await umMae('doctor');
  return report.devices.find((name) => name !== 'cpu') ?? 'cpu';
}
