/** Compares the losses of two runs, step by step: same-losses.mjs ONE OTHER; exit code 1 when off. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Relative. */
const allowed = 1e-4;

const [ours, theirs] = process.argv.slice(2).map(lossesOf);
if (!ours?.length || ours.length !== theirs?.length) {
  process.stderr.write(`Expected as many steps but got ${ours?.length} and ${theirs?.length}.\n`);
  process.exit(2);
}
const differences = ours.map((loss, i) => Math.abs(loss / theirs[i] - 1));
const largest = Math.max(...differences);
process.stdout.write(
  `losses of ${ours.length} steps: largest difference ${largest.toExponential(1)}, allowed ${allowed}\n`,
);
// A loss that is no number is off, too.
process.exitCode = largest <= allowed ? 0 : 1;

function lossesOf(run) {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'step')
    .map(({ loss }) => loss ?? Number.NaN);
}
