/**
 * Does it matter that the decoder gives each vector its own patch's position? Pre-trains with
 * `decoder.positions` aligned and published, everything else equal, three seeds each; runs that
 * `results.jsonl` has already are kept, so an interrupted experiment goes on.
 *
 *     node experiments/pairing/run.mjs ../shared/data/photos
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { epochLosses, writeCurves } from '../curves.mjs';
import { keepResults, readLines, umMae } from '../run.mjs';

const [photos, epochs = '40'] = process.argv.slice(2);
const results = new URL('results.jsonl', import.meta.url);
const colors = { aligned: '#d65c24', published: '#3b7dd8' };
const folder = mkdtempSync(join(tmpdir(), 'pairing-'));

const series = [];
for (const seed of ['0', '1', '2']) {
  for (const [positions, color] of Object.entries(colors)) {
    const run = `${positions}-${seed}`;
    const isKept = readLines(results).some((line) => line.run === run);
    if (!isKept) keepResults(results, run, await pretrain(positions, seed));
    const losses = epochLosses(readLines(results).filter((line) => line.run === run));
    series.push({ name: positions, color, seed, losses });
  }
}
rmSync(folder, { recursive: true });
writeCurves(fileURLToPath(new URL('../../docs/images/pairing.svg', import.meta.url)), {
  title: 'Loss with the decoder positions aligned and as published, three seeds each',
  series,
  // Before, all curves fall as one.
  from: 10,
});
for (const { name, seed, losses } of series) console.log(name, seed, losses.at(-1));

/** Returns the lines of the run's metrics. */
async function pretrain(positions, seed) {
  const run = join(folder, `${positions}-${seed}`);
  const settings = ['--set', `decoder.positions=${positions}`, '--seed', seed, '--epochs', epochs];
  const options = ['--model', 'swin-micro', ...settings, '--out', run];
  await umMae('pretrain', '--data', photos, ...options);
  return readLines(join(run, 'metrics.jsonl'));
}
