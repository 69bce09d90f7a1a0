/**
 * Prints the scores in `results.jsonl`, or in another file of that form, as Markdown: the mean over
 * the seeds, and the standard deviation between them.
 *
 *   node experiments/continue/table.mjs [FILE]
 */
import { pathToFileURL } from 'node:url';
import { readLines } from '../run.mjs';
import { spread, spreadText } from '../spread.mjs';
import { rows, tuningEpochs } from './plan.mjs';

const [, , file] = process.argv;
const name = /^(?<row>.+?)-(?<seed>\d+)(-(?<part>probe|tenth))?$/;
const results = file ? pathToFileURL(file) : new URL('results.jsonl', import.meta.url);
const lines = readLines(results).map((line) => ({ ...name.exec(line.run)?.groups, ...line }));

/** Minutes of one core that a row took, with what it began from; resumed runs count only a part. */
function minutes(row) {
  const own = lines.filter((line) => line.row === row && !line.part && !line.resumed);
  const { from } = rows[row];
  if (own.length === 0) return Number.NaN;
  const mean = spread(own.map(({ processorSeconds }) => processorSeconds / 60)).mean;
  return from ? mean + minutes(from) : mean;
}

function cell(row, part, score) {
  const found = lines.filter((line) => line.row === row && line.part === part);
  return spreadText(found.map((line) => 100 * line[score]));
}

console.log(
  `| | core minutes of pre-training | fine-tuned, a tenth (${tuningEpochs} epochs) | linear probe | kNN |`,
);
console.log('|---|---|---|---|---|');
for (const [row, { title, isMeasured }] of Object.entries(rows)) {
  if (!isMeasured) continue;
  const cells = [
    cell(row, 'tenth', 'topOne'),
    cell(row, 'probe', 'linearProbe'),
    cell(row, 'probe', 'neighbours'),
  ];
  if (cells.every((text) => text === '')) continue;
  console.log(`| ${[title, minutes(row).toFixed(1), ...cells].join(' | ')} |`);
}
