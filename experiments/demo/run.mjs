/**
 * Runs `um-mae demo` with five seeds and keeps each report in `results/`.
 *
 *   node experiments/demo/run.mjs [options of um-mae demo]
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../packages/um-mae/bin/um-mae.js', import.meta.url));
const results = fileURLToPath(new URL('results/', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'um-mae-demo-'));
const options = process.argv.slice(2);

/** The last line that the demo prints is its report. */
async function report(seed) {
  const args = ['demo', '--seed', `${seed}`, '--json', '--out', join(folder, `seed-${seed}`)];
  const child = spawn(process.execPath, [program, ...args, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) last = line;
  const event = JSON.parse(last);
  if (event.kind !== 'report') throw new Error(`Expected a report but got ${last}.`);
  return event.report;
}

await mkdir(results, { recursive: true });
const percent = (share) => `${(100 * share).toFixed(1)}`;
console.log('| Seed | Neighbours before | after | Linear probe before | after | Seconds |');
console.log('| --- | --- | --- | --- | --- | --- |');
for (const seed of [0, 1, 2, 3, 4]) {
  // Paths of this machine are no result.
  const { directory: _, scenes: __, sheet: ___, ...kept } = await report(seed);
  await writeFile(join(results, `seed-${seed}.json`), `${JSON.stringify(kept, null, 2)}\n`);
  const { before, after, totalSeconds } = kept;
  const cells = [before.neighbours, after.neighbours, before.linearProbe, after.linearProbe];
  console.log(`| ${seed} | ${cells.map(percent).join(' | ')} | ${totalSeconds.toFixed(0)} |`);
}
