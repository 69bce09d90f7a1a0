/**
 * Runs `um-mae demo` with five seeds, and keeps each report in `results.jsonl`.
 *
 *   node experiments/demo/run.mjs [options of um-mae demo]
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepResults, umMae } from '../run.mjs';

const results = new URL('results.jsonl', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'um-mae-demo-'));
const options = process.argv.slice(2);

const percent = (share) => `${(100 * share).toFixed(1)}`;
console.log('| Seed | Neighbours before | after | Linear probe before | after | Seconds |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const seed of [0, 1, 2, 3, 4]) {
  const run = `seed-${seed}`;
  const place = ['--seed', `${seed}`, '--out', join(folder, run)];
  const { report: event } = await umMae('demo', ...place, ...options);
  if (event.kind !== 'report') throw new Error(`Expected a report but got ${event.kind}.`);
  // Paths of this machine are no result.
  const { directory: _, scenes: __, sheet: ___, ...kept } = event.report;
  keepResults(results, run, [kept]);
  const { before, after, totalSeconds } = kept;
  const cells = [before.neighbours, after.neighbours, before.linearProbe, after.linearProbe];
  console.log(`| ${seed} | ${cells.map(percent).join(' | ')} | ${totalSeconds.toFixed(0)} |`);
}
