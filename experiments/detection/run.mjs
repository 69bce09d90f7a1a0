/**
 * Does pre-training pay for finding objects? Pre-trains by two methods on the images of each set
 * and on photos, then fine-tunes Mask R-CNN on nuclei, and GFL on blood cells and on COCO's
 * supercategories, each for the same number of epochs.
 *
 *   node experiments/detection/run.mjs NUCLEI BCCD COCO PHOTOS OUT [--seeds 0,1,2]
 *     [--sets nuclei,bccd,coco] [--rows scratch,simmim,um-mae] [--parts pretrain,finetune]
 *     [--pretrain-epochs 60] [--share 1] [--jobs 2]
 *
 * NUCLEI, BCCD and COCO are sets as `um-mae data check` takes them, BCCD with ImageSets of Pascal
 * VOC; PHOTOS is a folder of images.
 * A --share below 1 fine-tunes for that part of the epochs.
 * Runs are written to OUT and scores to `results.jsonl` here, or the file of --results: what has a
 * score is not run again, and a run that was stopped is resumed. `table.mjs` prints the scores.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { runTasks } from '../queue.mjs';
import { pretrainEpochs, rows, sets, tasksOf } from './plan.mjs';
import { scores } from './scores.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '0,1,2' },
    sets: { type: 'string', default: Object.keys(sets).join(',') },
    rows: { type: 'string', default: Object.keys(rows).join(',') },
    parts: { type: 'string', default: 'pretrain,finetune' },
    'pretrain-epochs': { type: 'string', default: `${pretrainEpochs}` },
    share: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    results: { type: 'string' },
  },
});
const [nuclei, bccd, coco, photos, out] = positionals;
if (out === undefined) {
  console.error(
    'usage: node experiments/detection/run.mjs NUCLEI BCCD COCO PHOTOS OUT [--seeds S,..] [--sets S,..] [--rows R,..] [--parts P,..] [--pretrain-epochs N] [--share S] [--jobs N] [--results FILE]',
  );
  process.exit(2);
}
await mkdir(out, { recursive: true });

// Images of both parts lie in one folder: pre-training sees those of one.
const names = readFileSync(join(bccd, 'ImageSets/Main/train.txt'), 'utf8').trim().split(/\s+/);
const paths = names.map((name) => resolve(bccd, `JPEGImages/${name}.jpg`));
writeFileSync(join(out, 'bccd-train.txt'), `${paths.join('\n')}\n`);

const wanted = {
  rows: values.rows.split(','),
  sets: values.sets.split(','),
  epochs: Number(values['pretrain-epochs']),
  share: Number(values.share),
};
const seeds = values.seeds.split(',').map((seed) => tasksOf(Number(seed), wanted));
await runTasks(
  values.parts.split(',').flatMap((part) => seeds.flatMap((seed) => seed[part])),
  {
    places: { NUCLEI: nuclei, BCCD: bccd, COCO: coco, PHOTOS: photos, OUT: out },
    results: values.results
      ? pathToFileURL(values.results)
      : new URL('results.jsonl', import.meta.url),
    scores,
    jobs: Number(values.jobs),
  },
);
