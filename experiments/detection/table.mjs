/**
 * Prints the scores in `results.jsonl`, or in a file that is named, as Markdown: AP of each set as
 * the mean over the seeds and the standard deviation between them.
 *
 *   node experiments/detection/table.mjs [FILE]
 */
import { pathToFileURL } from 'node:url';
import { readLines } from '../run.mjs';
import { spread, spreadText } from '../spread.mjs';
import { rows, sets } from './plan.mjs';

const [file] = process.argv.slice(2);
const lines = readLines(file ? pathToFileURL(file) : new URL('results.jsonl', import.meta.url));

/** All seeds of a row of a set, or of its fine-tuning. */
function of(set, row, suffix = '') {
  const name = `${set}-${row}${suffix}`;
  return lines.filter(({ run }) => /^\d+-/.test(run) && run.replace(/^\d+-/, '') === name);
}

const minutes = (found) => {
  const whole = found.filter(({ resumed }) => !resumed);
  return whole.length === 0
    ? ''
    : spread(whole.map(({ processorSeconds }) => processorSeconds / 60)).mean.toFixed(1);
};

for (const [set, { title, scores }] of Object.entries(sets)) {
  const shown = Object.keys(rows).filter((row) => of(set, row, '-finetune').length > 0);
  if (shown.length === 0) continue;
  const names = Object.values(scores);
  console.log(
    `| ${title} | core minutes of pre-training | of fine-tuning | ${names.join(' | ')} |`,
  );
  console.log(`|---|---|---|${names.map(() => '---|').join('')}`);
  for (const row of shown) {
    const found = of(set, row, '-finetune');
    const cells = Object.keys(scores).map((name) =>
      spreadText(found.map((line) => 100 * (line[name] ?? 0))),
    );
    console.log(
      `| ${[rows[row].title, minutes(of(set, row)), minutes(found), ...cells].join(' | ')} |`,
    );
  }
  console.log('');
}
