/**
 * Does pre-training pay? Pre-trains by three methods, then fine-tunes and probes, on
 * tiny-imagenet-20.
 *
 *   node experiments/transfer/run.mjs DATA OUT [--models swin-micro,pvt-micro] [--seeds 0,1,2]
 *     [--rows scratch,simmim,uniform,um-mae,stages,cross] [--jobs 2]
 *     [--parts pretrain,measure,frozen,long,statistics,longStatistics]
 *
 * DATA holds train/CLASS/, val/CLASS/ and train_10percent.txt. Runs are written to OUT and scores
 * to `results.jsonl` here: what has a score is not run again, and a run that was stopped is
 * resumed. `table.mjs` prints the scores.
 */
import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { runTasks } from '../queue.mjs';
import { finalScores } from '../scores.mjs';
import { pretrained, tasksOf } from './plan.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string', default: 'swin-micro' },
    seeds: { type: 'string', default: '0,1,2' },
    rows: { type: 'string', default: pretrained.join(',') },
    parts: { type: 'string', default: 'pretrain,measure,frozen,long,statistics,longStatistics' },
    jobs: { type: 'string', default: '2' },
  },
});
const [data, out] = positionals;
if (data === undefined || out === undefined) {
  console.error(
    'usage: node experiments/transfer/run.mjs DATA OUT [--models M,..] [--seeds S,..] [--rows R,..] [--parts P,..] [--jobs N]',
  );
  process.exit(2);
}
const results = new URL('results.jsonl', import.meta.url);
await mkdir(out, { recursive: true });

const sets = values.models
  .split(',')
  .flatMap((model) =>
    values.seeds.split(',').map((seed) => tasksOf(model, Number(seed), values.rows.split(','))),
  );
const queue = values.parts.split(',').flatMap((part) => sets.flatMap((set) => set[part]));
await runTasks(queue, {
  places: { DATA: data, OUT: out },
  results,
  scores: finalScores,
  jobs: Number(values.jobs),
});
