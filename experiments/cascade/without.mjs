/**
 * Evaluates the runs of this experiment once more without one image, in which some of them find a
 * hundred nuclei where there are fourteen. Scores go to `without.jsonl`; `table.mjs` prints them.
 *
 *   node experiments/cascade/without.mjs OUT [--seeds 1,2,3]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keepResults, umMae } from '../run.mjs';
import { nameOf, rows } from './plan.mjs';

const image = '**/87ea72894f6534b2.png';
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '1,2,3' } },
});
const [out] = positionals;
if (out === undefined) {
  console.error('usage: node experiments/cascade/without.mjs OUT [--seeds S,..]');
  process.exit(2);
}
for (const seed of values.seeds.split(',')) {
  for (const row of Object.keys(rows)) {
    const run = nameOf(seed, row);
    const { report } = await umMae('evaluate', join(out, run), '--exclude', image);
    const { images, boxes, masks } = report;
    keepResults(new URL('without.jsonl', import.meta.url), run, [
      { command: `um-mae evaluate OUT/${run} --exclude '${image}'`, images, boxes, masks },
    ]);
  }
}
