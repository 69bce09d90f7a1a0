/**
 * Prints the scores of `results.jsonl` of `experiments/detection`, or of a file that is named, such
 * as `without.jsonl`, as Markdown: AP of boxes and masks as the mean over the seeds and the standard
 * deviation between them, and the processor time of fine-tuning where it was measured.
 *
 *   node experiments/cascade/table.mjs [FILE] [--seeds 1,2,3]
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { readLines } from '../run.mjs';
import { spread, spreadText } from '../spread.mjs';
import { nameOf, rows } from './plan.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '0,1,2' } },
});
const [path] = positionals;
const file = path ? pathToFileURL(path) : new URL('../detection/results.jsonl', import.meta.url);
const lines = readLines(file);

const columns = [
  ['box AP', ({ boxes }) => boxes.AP],
  ['box AP at 0.75', ({ boxes }) => boxes.AP75],
  ['mask AP', ({ masks }) => masks.AP],
  ['mask AP at 0.75', ({ masks }) => masks.AP75],
];

console.log(`| nuclei | core minutes | ${columns.map(([title]) => title).join(' | ')} |`);
console.log(`|---|---|${columns.map(() => '---|').join('')}`);
for (const [row, { title }] of Object.entries(rows)) {
  const wanted = values.seeds.split(',').map((seed) => nameOf(seed, row));
  const found = lines.filter(({ run }) => wanted.includes(run));
  if (found.length === 0) continue;
  const whole = found.filter(({ resumed, processorSeconds }) => !resumed && processorSeconds);
  const seconds = whole.map(({ processorSeconds }) => processorSeconds);
  const minutes = whole.length === 0 ? '' : (spread(seconds).mean / 60).toFixed(1);
  const cells = columns.map(([, of]) => spreadText(found.map((line) => 100 * of(line))));
  console.log(`| ${[title, minutes, ...cells].join(' | ')} |`);
}
