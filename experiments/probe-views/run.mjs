/**
 * Full or compact views in probes? Pre-trains two small Swins and a PVT for ten epochs, and probes each both ways.
 *
 * Run: node experiments/probe-views/run.mjs DATA OUT, with tiny-imagenet-20 in DATA: train/, val/ and train_10percent.txt.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [data, out] = process.argv.slice(2);
if (data === undefined || out === undefined) {
  console.error('usage: node experiments/probe-views/run.mjs DATA OUT');
  process.exit(2);
}
const program = fileURLToPath(new URL('../../packages/um-mae/bin/um-mae.js', import.meta.url));
const umMae = (...args) => execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' });

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

const results = [];
for (const [model, args] of Object.entries(models)) {
  const run = join(out, model);
  const isNew = !existsSync(run);
  if (isNew) umMae('pretrain', '--data', train, ...args, ...budget, '--out', run, '--json');
  for (const view of ['full', 'compact']) {
    for (const [share, sources] of Object.entries(labels)) {
      const report = JSON.parse(umMae('probe', run, ...sources, '--view', view, '--json'));
      results.push({ model, view, labels: share, ...report });
      console.log(model, view, share, report.neighbours, report.linearProbe);
    }
  }
}
writeFileSync(join(out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
