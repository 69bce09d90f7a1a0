/**
 * Does it matter that the decoder gives each vector its own patch's position? Pre-trains with
 * `decoder.positions` aligned and published, everything else equal, three seeds each; runs that are there
 * already are kept, so an interrupted experiment goes on.
 *
 *     node experiments/pairing/run.mjs ../shared/data/photos
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { epochLosses, writeCurves } from '../curves.mjs';

const [photos, epochs = '40'] = process.argv.slice(2);
const root = fileURLToPath(new URL('../..', import.meta.url));
const results = join(root, 'experiments/pairing/results');
const colors = { aligned: '#d65c24', published: '#3b7dd8' };

mkdirSync(results, { recursive: true });
const series = [];
for (const seed of ['0', '1', '2']) {
  for (const [positions, color] of Object.entries(colors)) {
    const metrics = join(results, `${positions}-${seed}`, 'metrics.jsonl');
    if (!existsSync(metrics)) pretrain(positions, seed, metrics);
    series.push({ name: positions, color, seed, losses: epochLosses(join(metrics, '..')) });
  }
}
writeCurves(join(root, 'docs/images/pairing.svg'), {
  title: 'Loss with the decoder positions aligned and as published, three seeds each',
  series,
  // Before, all curves fall as one.
  from: 10,
});
const last = series.map(({ name, seed, losses }) => ({ name, seed, loss: losses.at(-1) }));
writeFileSync(join(results, 'last-epoch.json'), `${JSON.stringify(last, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(last)}\n`);

function pretrain(positions, seed, metrics) {
  const run = join(results, `${positions}-${seed}.run`);
  const settings = ['--set', `decoder.positions=${positions}`, '--seed', seed, '--epochs', epochs];
  const program = join(root, 'packages/um-mae/bin/um-mae.js');
  const options = ['--model', 'swin-micro', ...settings, '--out', run, '--overwrite'];
  execFileSync('node', [program, 'pretrain', '--data', photos, ...options], { stdio: 'inherit' });
  mkdirSync(join(metrics, '..'), { recursive: true });
  copyFileSync(join(run, 'metrics.jsonl'), metrics);
  rmSync(run, { recursive: true });
}
