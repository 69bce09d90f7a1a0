/**
 * Do three stages pay for finding objects? Fine-tunes Cascade Mask R-CNN and HTC on nuclei as
 * `experiments/detection` does Mask R-CNN, from the same weights; HTC from scratch and from SimMIM,
 * too.
 *
 *   node experiments/cascade/run.mjs NUCLEI PHOTOS OUT [--seeds 0,1,2]
 *     [--rows mask-rcnn,cascade,htc,htc-simmim,htc-scratch] [--parts pretrain,finetune] [--jobs 2]
 *
 * Runs are written to OUT and scores to `results.jsonl` of `experiments/detection`, or the file of
 * --results: what has a score there is not run again, Mask R-CNN and pre-training included.
 * `table.mjs` prints the scores.
 */
import { mkdir } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { scores } from '../detection/scores.mjs';
import { runTasks } from '../queue.mjs';
import { cascadeTasks, rows } from './plan.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '0,1,2' },
    rows: { type: 'string', default: Object.keys(rows).join(',') },
    parts: { type: 'string', default: 'pretrain,finetune' },
    jobs: { type: 'string', default: '2' },
    results: { type: 'string' },
  },
});
const [nuclei, photos, out] = positionals;
if (out === undefined) {
  console.error(
    'usage: node experiments/cascade/run.mjs NUCLEI PHOTOS OUT [--seeds S,..] [--rows R,..] [--parts P,..] [--jobs N] [--results FILE]',
  );
  process.exit(2);
}
await mkdir(out, { recursive: true });
const names = values.rows.split(',');
const seeds = values.seeds.split(',').map((seed) => cascadeTasks(Number(seed), names));
await runTasks(
  values.parts.split(',').flatMap((part) => seeds.flatMap((seed) => seed[part])),
  {
    places: { NUCLEI: nuclei, PHOTOS: photos, OUT: out },
    results: values.results
      ? pathToFileURL(values.results)
      : new URL('../detection/results.jsonl', import.meta.url),
    scores,
    jobs: Number(values.jobs),
  },
);
