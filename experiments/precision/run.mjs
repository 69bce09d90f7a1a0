/**
 * Does a run in bf16 learn what one in f32 learns? Pre-trains for 200 steps in both, everything
 * else equal, and compares the losses; runs that `results.jsonl` has already are kept.
 *
 *     node experiments/precision/run.mjs ../shared/data/photos [--threads 1 ...]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepResults, readLines, umMae } from '../run.mjs';

const [photos, ...options] = process.argv.slice(2);
const results = new URL('results.jsonl', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'precision-'));
const steps = 200;

const models = {
  'swin-tiny um-mae': ['--model', 'swin-tiny', '--image-size', '128'],
  'pvt-small um-mae': ['--model', 'pvt-small', '--image-size', '128'],
  'vit-small mae': ['--model', 'vit-small', '--method', 'mae', '--image-size', '128'],
};
for (const [name, flags] of Object.entries(models)) {
  const losses = [];
  for (const precision of ['f32', 'bf16']) {
    const run = `${name}, ${precision}`;
    const kept = () => readLines(results).filter((line) => line.run === run);
    if (kept().length === 0) keepResults(results, run, await pretrain(flags, precision));
    losses.push(kept().map(({ loss }) => loss));
  }
  const [single, half] = losses;
  const apart = single.map((loss, step) => Math.abs(half[step] / loss - 1));
  const mean = apart.reduce((sum, each) => sum + each, 0) / apart.length;
  const percent = (share) => `${(100 * share).toFixed(2)} %`;
  const rows = [`at most ${percent(Math.max(...apart))} apart`, `on average ${percent(mean)}`];
  console.log(`${name}: ${single[0]} to ${single.at(-1)} in f32; bf16 ${rows.join(', ')}`);
}
rmSync(folder, { recursive: true });

/** Returns step and loss of every step. */
async function pretrain(flags, precision) {
  const run = join(folder, precision);
  const length = ['--batch-size', '8', '--steps', `${steps}`, '--set', 'warmup.steps=20'];
  const settings = ['--set', 'learningRate.base=0.01', '--set', 'logEvery=1'];
  const all = [...flags, ...settings, ...length, '--precision', precision, ...options];
  await umMae('pretrain', '--data', photos, ...all, '--out', run);
  const lines = readLines(join(run, 'metrics.jsonl')).filter(({ kind }) => kind === 'step');
  rmSync(run, { recursive: true });
  return lines.map(({ step, loss }) => ({ step, loss }));
}
