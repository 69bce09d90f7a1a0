/**
 * Does pre-training pay for segmentation? Pre-trains by three methods on the frames of CamVid and
 * on photos, then fine-tunes UPerNet on CamVid's masks, each from the same number of epochs.
 *
 *   node experiments/segmentation/run.mjs CAMVID PHOTOS OUT [--seeds 0,1,2]
 *     [--rows scratch,simmim,uniform,um-mae] [--parts pretrain,finetune] [--jobs 2]
 *     [--pretrain-epochs 60] [--finetune-epochs 40]
 *
 * CAMVID holds images/{train,val} and annotations/{train,val}. Runs are written to OUT and scores
 * to `results.jsonl` here, or the file of --results: what has a score is not run again, and a run
 * that was stopped is resumed. `table.mjs` prints the scores.
 */

import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { runTasks } from '../queue.mjs';
import { epochs, rows, tasksOf } from './plan.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '0,1,2' },
    rows: { type: 'string', default: Object.keys(rows).join(',') },
    parts: { type: 'string', default: 'pretrain,finetune' },
    jobs: { type: 'string', default: '2' },
    'pretrain-epochs': { type: 'string', default: `${epochs.pretrain}` },
    'finetune-epochs': { type: 'string', default: `${epochs.finetune}` },
    results: { type: 'string' },
  },
});
const [camvid, photos, out] = positionals;
if (out === undefined) {
  console.error(
    'usage: node experiments/segmentation/run.mjs CAMVID PHOTOS OUT [--seeds S,..] [--rows R,..] [--parts P,..] [--jobs N] [--pretrain-epochs N] [--finetune-epochs N] [--results FILE]',
  );
  process.exit(2);
}
await mkdir(out, { recursive: true });

/** Returns the scores in the last line of a run, with the IoU of each class after fine-tuning. */
function scores({ summary }, directory) {
  const { loss, best, elapsedSeconds } = summary;
  if (!best) return { loss, elapsedSeconds };
  const { meanIou, pixelAccuracy, meanAccuracy } = best;
  const { classes } = JSON.parse(readFileSync(join(directory, 'results.json'), 'utf8'));
  const iou = Object.fromEntries(classes.map(({ name, iou: own }) => [name, own]));
  return { loss, meanIou, pixelAccuracy, meanAccuracy, iou, elapsedSeconds };
}

const length = {
  pretrain: Number(values['pretrain-epochs']),
  finetune: Number(values['finetune-epochs']),
};
const wanted = values.rows.split(',');
const sets = values.seeds.split(',').map((seed) => tasksOf(Number(seed), wanted, length));
await runTasks(
  values.parts.split(',').flatMap((part) => sets.flatMap((set) => set[part])),
  {
    places: { CAMVID: camvid, PHOTOS: photos, OUT: out },
    results: values.results
      ? pathToFileURL(values.results)
      : new URL('results.jsonl', import.meta.url),
    scores,
    jobs: Number(values.jobs),
  },
);
