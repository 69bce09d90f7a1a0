/**
 * Does the decoder of cross-attention cost transfer? Pre-trains swin-micro with either decoder for equally many
 * epochs and probes the features. Runs and results that are there already are kept, so an interrupted experiment
 * goes on.
 *
 * Run: node experiments/decoder/run.mjs DATA OUT, with tiny-imagenet-20 in DATA: train/, val/ and train_10percent.txt.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { epochLosses } from '../curves.mjs';

const [data, out, epochs = '10', seeds = '0,1,2'] = process.argv.slice(2);
if (data === undefined || out === undefined) {
  console.error('usage: node experiments/decoder/run.mjs DATA OUT [EPOCHS] [SEEDS]');
  process.exit(2);
}
const here = fileURLToPath(new URL('.', import.meta.url));
const program = join(here, '../../packages/um-mae/bin/um-mae.js');
const umMae = (...args) => execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' });

const train = join(data, 'train');
const val = ['--val', join(data, 'val')];
const labels = {
  all: ['--train', train, ...val],
  tenPercent: ['--train', join(data, 'train_10percent.txt'), '--data-root', train, ...val],
};
mkdirSync(join(here, 'results'), { recursive: true });

for (const seed of seeds.split(',')) {
  for (const decoder of ['dense', 'cross']) {
    const name = `${decoder}-${epochs}-${seed}`;
    const result = join(here, 'results', `${name}.json`);
    if (!existsSync(result)) {
      const run = join(out, name);
      pretrain(run, decoder, seed);
      const report = { decoder, seed, epochs, losses: epochLosses(run), probes: probes(run) };
      writeFileSync(result, `${JSON.stringify(report, null, 1)}\n`);
    }
    const { losses, probes: scores } = JSON.parse(readFileSync(result, 'utf8'));
    console.log(name, losses.at(-1), JSON.stringify(scores));
  }
}

function pretrain(run, decoder, seed) {
  const settings = ['--set', `decoder.kind=${decoder}`, '--seed', seed, '--epochs', epochs];
  const budget = ['--batch-size', '64', '--threads', '1', '--workers', '1'];
  const fresh = ['--data', train, '--model', 'swin-micro', ...settings];
  const start = existsSync(join(run, 'checkpoints')) ? ['--resume'] : [...fresh, '--overwrite'];
  umMae('pretrain', ...start, ...budget, '--out', run, '--json');
}

function probes(run) {
  return Object.fromEntries(
    Object.entries(labels).map(([share, sources]) => {
      const report = JSON.parse(umMae('probe', run, ...sources, '--json'));
      return [share, report];
    }),
  );
}
