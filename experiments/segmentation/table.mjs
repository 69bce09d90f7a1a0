/**
 * Prints the scores in `results.jsonl`, or in a file that is named, as Markdown: mean IoU, and the
 * IoU of each class, as the mean over the seeds and the standard deviation between them.
 *
 *   node experiments/segmentation/table.mjs [FILE]
 */
import { pathToFileURL } from 'node:url';
import { readLines } from '../run.mjs';
import { spread, spreadText } from '../spread.mjs';
import { rows } from './plan.mjs';

const [file] = process.argv.slice(2);
const lines = readLines(file ? pathToFileURL(file) : new URL('results.jsonl', import.meta.url));

/** All seeds of a row, or of its fine-tuning. */
function of(row, suffix = '') {
  return lines.filter(({ run }) => /^\d+-/.test(run) && run.replace(/^\d+-/, '') === row + suffix);
}

const minutes = (found) => {
  const whole = found.filter(({ resumed }) => !resumed);
  return whole.length === 0
    ? ''
    : spread(whole.map(({ processorSeconds }) => processorSeconds / 60)).mean.toFixed(1);
};
const percent = (value) => 100 * (value ?? 0);

const scored = Object.keys(rows).filter((row) => of(row, '-finetune').length > 0);
console.log(
  '| | core minutes of pre-training | of fine-tuning | mean IoU | pixel accuracy | mean accuracy |',
);
console.log('|---|---|---|---|---|---|');
for (const row of scored) {
  const found = of(row, '-finetune');
  const cells = ['meanIou', 'pixelAccuracy', 'meanAccuracy'].map((name) =>
    spreadText(found.map((line) => percent(line[name]))),
  );
  console.log(`| ${[rows[row].title, minutes(of(row)), minutes(found), ...cells].join(' | ')} |`);
}

console.log(`\n| IoU | ${scored.map((row) => rows[row].title).join(' | ')} |`);
console.log(`|---|${scored.map(() => '---|').join('')}`);
for (const name of Object.keys(of(scored[0] ?? '', '-finetune')[0]?.iou ?? {})) {
  const cells = scored.map((row) =>
    spreadText(of(row, '-finetune').map(({ iou }) => percent(iou[name]))),
  );
  console.log(`| ${[name, ...cells].join(' | ')} |`);
}
