/**
 * Does going on from weights pay? Pre-trains on from a run on the same images, and from one on
 * others, and anew for as long, then probes and fine-tunes, on tiny-imagenet-20.
 *
 *   node experiments/continue/run.mjs DATA PHOTOS OUT [--seeds 1,2,3]
 *     [--rows ten,on,twenty,five,photos-on] [--jobs 2] [--trial]
 *
 * DATA holds train/CLASS/, val/CLASS/ and train_10percent.txt, PHOTOS other images. Runs are written
 * to OUT and scores to `results.jsonl` here: what has a score is not run again, and a run that was
 * stopped is resumed. `table.mjs` prints the scores. With `--trial` everything trains for one step,
 * and scores go to OUT.
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { runTasks } from '../queue.mjs';
import { rows, tasksOf } from './plan.mjs';

const measured = Object.keys(rows).filter((row) => rows[row].isMeasured);
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    rows: { type: 'string', default: measured.join(',') },
    jobs: { type: 'string', default: '2' },
    trial: { type: 'boolean', default: false },
  },
});
const [data, photos, out] = positionals;
if (out === undefined) {
  console.error(
    'usage: node experiments/continue/run.mjs DATA PHOTOS OUT [--seeds S,..] [--rows R,..] [--jobs N] [--trial]',
  );
  process.exit(2);
}
await mkdir(out, { recursive: true });
const results = values.trial
  ? pathToFileURL(join(resolve(out), 'results.jsonl'))
  : new URL('results.jsonl', import.meta.url);

/** Returns the scores in a command's last line. Paths of a machine are left out. */
function scores({ kind, summary, ...report }) {
  if (kind !== 'finished')
    return { neighbours: report.neighbours, linearProbe: report.linearProbe };
  const { loss, best, elapsedSeconds } = summary;
  return best ? { loss, topOne: best.topOne, elapsedSeconds } : { loss, elapsedSeconds };
}

const sets = values.seeds
  .split(',')
  .map((seed) => tasksOf(Number(seed), values.rows.split(','), values.trial));
const queue = ['pretrain', 'measure'].flatMap((part) => sets.flatMap((set) => set[part]));
await runTasks(queue, {
  places: { DATA: data, PHOTOS: photos, OUT: out },
  results,
  scores,
  jobs: Number(values.jobs),
});
