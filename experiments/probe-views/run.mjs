/**
 * Full or compact views in probes? Pre-trains two small Swins and a PVT for ten epochs in OUT,
 * probes each both ways, and keeps the scores in `results.jsonl`.
 *
 * Run: node experiments/probe-views/run.mjs DATA OUT, with tiny-imagenet-20 in DATA: train/, val/
 * and train_10percent.txt.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keepResults, umMae } from '../run.mjs';

const [data, out] = process.argv.slice(2);
if (data === undefined || out === undefined) {
  console.error('usage: node experiments/probe-views/run.mjs DATA OUT');
  process.exit(2);
}
const budget = ['--batch-size', '64', '--epochs', '10', '--threads', '1', '--workers', '1'];
const models = {
  swin: ['--model', 'swin-micro', '--seed', '0'],
  swin1: ['--model', 'swin-micro', '--seed', '1'],
  pvt: ['--model', 'pvt-micro', '--seed', '0'],
};
const train = join(data, 'train');
const val = ['--val', join(data, 'val')];
const labels = {
  all: ['--train', train, ...val],
  tenPercent: ['--train', join(data, 'train_10percent.txt'), '--data-root', train, ...val],
};

const means = ['--stages', '3', '--pooling', 'mean'];

for (const [model, args] of Object.entries(models)) {
  const run = join(out, model);
  if (!existsSync(run)) await umMae('pretrain', '--data', train, ...args, ...budget, '--out', run);
  const scores = [];
  for (const view of ['full', 'compact']) {
    for (const [share, sources] of Object.entries(labels)) {
      const { report } = await umMae('probe', run, ...sources, ...means, '--view', view);
      const { neighbours, linearProbe } = report;
      scores.push({ view, labels: share, neighbours, linearProbe });
      console.log(model, view, share, neighbours, linearProbe);
    }
  }
  keepResults(new URL('results.jsonl', import.meta.url), model, scores);
}
