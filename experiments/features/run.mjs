/**
 * Which vector of an image tells most? Pre-trains small pyramids for ten epochs in OUT, or takes the
 * runs that are there, probes each by several preparations, and keeps the scores in `results.jsonl`.
 *
 *   node experiments/features/run.mjs DATA OUT [--models swin-micro,pvt-micro] [--seeds 0,1,2]
 *
 * DATA is tiny-imagenet-20: train/, val/ and train_10percent.txt. Runs that have scores are left
 * out. `table.mjs` prints the scores.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keepResults, readLines, umMae } from '../run.mjs';
import { epochs, preparations } from './plan.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string', default: 'swin-micro,pvt-micro' },
    seeds: { type: 'string', default: '0,1,2' },
  },
});
const [data, out] = positionals;
if (data === undefined || out === undefined) {
  console.error('usage: node experiments/features/run.mjs DATA OUT [--models ...] [--seeds ...]');
  process.exit(2);
}
const results = new URL('results.jsonl', import.meta.url);
const train = join(data, 'train');
const val = ['--val', join(data, 'val')];
const labels = {
  all: ['--train', train, ...val],
  tenth: ['--train', join(data, 'train_10percent.txt'), '--data-root', train, ...val],
};
const machine = ['--threads', '1', '--workers', '1'];

for (const seed of values.seeds.split(',')) {
  for (const model of values.models.split(',')) {
    const name = `${model}-${seed}`;
    if (readLines(results).some(({ run }) => run === name)) continue;
    const run = join(out, name);
    if (!existsSync(run)) {
      const length = ['--epochs', `${epochs}`, '--batch-size', '64', '--seed', seed];
      await umMae(
        'pretrain',
        '--data',
        train,
        '--model',
        model,
        ...length,
        ...machine,
        '--out',
        run,
      );
    }
    const scores = [];
    for (const [preparation, options] of Object.entries(preparations)) {
      for (const [share, sources] of Object.entries(labels)) {
        const { report } = await umMae('probe', run, ...sources, ...options);
        const { neighbours, linearProbe, channels } = report;
        const of = { model, seed: Number(seed), preparation, labels: share };
        scores.push({ ...of, channels, neighbours, linearProbe });
        console.log(name, preparation, share, neighbours, linearProbe);
      }
    }
    keepResults(results, name, scores);
  }
}
