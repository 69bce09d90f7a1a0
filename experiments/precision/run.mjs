/**
 * Does a run in bf16 learn what one in f32 learns? Pre-trains for 200 steps in both, everything
 * else equal, and once more in f32 with products that round otherwise: what these differ by is
 * chance. Runs that `results.jsonl` has already are kept.
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
/** Steps whose mean is one point of a curve. */
const window = 20;

const models = {
  'swin-tiny um-mae': ['--model', 'swin-tiny', '--image-size', '64'],
  'pvt-small um-mae': ['--model', 'pvt-small', '--image-size', '64'],
  'vit-small mae': ['--model', 'vit-small', '--method', 'mae', '--image-size', '64'],
};
const kinds = {
  f32: { precision: 'f32', environment: {} },
  'f32 rounded otherwise': { precision: 'f32', environment: { ONEDNN_MAX_CPU_ISA: 'AVX2' } },
  bf16: { precision: 'bf16', environment: {} },
};

for (const [name, flags] of Object.entries(models)) {
  const curves = [];
  for (const [kind, way] of Object.entries(kinds)) {
    const run = `${name}, ${kind}`;
    const kept = () => readLines(results).filter((line) => line.run === run);
    if (kept().length === 0) keepResults(results, run, await pretrain(flags, way));
    curves.push(curveOf(kept().map(({ loss }) => loss)));
  }
  const [first, ...others] = curves;
  const apart = others.map((curve) =>
    Math.max(...curve.map((loss, point) => Math.abs(loss / first[point] - 1))),
  );
  const [chance, half] = apart.map((share) => `${(100 * share).toFixed(2)} %`);
  const ends = [first[0], first.at(-1)].map((loss) => loss.toFixed(3)).join(' to ');
  console.log(`${name}: ${ends}; bf16 at most ${half} apart, f32 rounded otherwise ${chance}`);
}
rmSync(folder, { recursive: true });

function curveOf(losses) {
  const points = Array.from({ length: losses.length / window }, (_, i) => i * window);
  const mean = (part) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
  return points.map((start) => mean(losses.slice(start, start + window)));
}

/** Returns step and loss of every step. */
async function pretrain(flags, { precision, environment }) {
  const run = join(folder, 'run');
  const length = ['--batch-size', '8', '--steps', `${steps}`, '--set', 'warmup.steps=20'];
  const settings = ['--set', 'learningRate.base=0.0032', '--set', 'logEvery=1'];
  const all = [...flags, ...settings, ...length, '--precision', precision, ...options];
  Object.assign(process.env, environment);
  await umMae('pretrain', '--data', photos, ...all, '--out', run);
  for (const key of Object.keys(environment)) delete process.env[key];
  const lines = readLines(join(run, 'metrics.jsonl')).filter(({ kind }) => kind === 'step');
  rmSync(run, { recursive: true });
  return lines.map(({ step, loss }) => ({ step, loss }));
}
