/**
 * Prints the scores in `results.jsonl`, or in a file that is named, as Markdown: AP of each set as
 * the mean over the seeds and the standard deviation between them.
 *
 *   node experiments/detection/table.mjs [FILE]
 */
import { pathToFileURL } from 'node:url';
import { readLines } from '../run.mjs';
import { spread, spreadText } from '../spread.mjs';
import { rows, sets, suffixOf } from './plan.mjs';

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

/** Numbers of epochs of fine-tuning on a set that have scores, the longest first. */
function lengths(set) {
  const epochs = lines.flatMap(({ run, command }) =>
    new RegExp(`^\\d+-${set}-.*-finetune`).test(run)
      ? Number(/ --epochs (\d+) /.exec(command)?.[1])
      : [],
  );
  return [...new Set(epochs)].sort((a, b) => b - a);
}

for (const [set, { title, scores, epochs: whole }] of Object.entries(sets)) {
  const names = Object.values(scores);
  for (const epochs of lengths(set)) {
    const suffix = suffixOf(set, epochs / whole);
    console.log(
      `| ${title}, ${epochs} epochs | core minutes of pre-training | of fine-tuning | ${names.join(' | ')} |`,
    );
    console.log(`|---|---|---|${names.map(() => '---|').join('')}`);
    for (const [row, { title: name }] of Object.entries(rows)) {
      const found = of(set, row, suffix);
      if (found.length === 0) continue;
      const cells = Object.keys(scores).map((score) =>
        spreadText(found.map((line) => 100 * (line[score] ?? 0))),
      );
      console.log(`| ${[name, minutes(of(set, row)), minutes(found), ...cells].join(' | ')} |`);
    }
    console.log('');
  }
}
