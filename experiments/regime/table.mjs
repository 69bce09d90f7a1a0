/**
 * Prints the scores in `results.jsonl` as Markdown, one table for each backbone and grid: the mean
 * over the seeds, and the standard deviation between them.
 *
 *   node experiments/regime/table.mjs
 */
import { readLines } from '../run.mjs';
import { spread, spreadText } from '../spread.mjs';
import { grids, lengths, rows } from './plan.mjs';

const name =
  /^(?<model>\w+-micro)-(?<grid>\d+)-(?<row>um-\d+|simmim|simmim-time)-(?<length>\d+)-(?<seed>\d+)(-(?<part>\w+))?$/;
const lines = readLines(new URL('results.jsonl', import.meta.url)).map((line) => ({
  ...name.exec(line.run).groups,
  ...line,
}));

const columns = {
  'fine-tuned, all labels': ['all', ({ topOne }) => topOne],
  'fine-tuned, a tenth': ['tenth', ({ topOne }) => topOne],
  'linear probe': ['probe', ({ linearProbe }) => linearProbe],
  kNN: ['probe', ({ neighbours }) => neighbours],
};

for (const model of new Set(lines.map((line) => line.model))) {
  for (const grid of Object.keys(grids)) {
    const own = lines.filter((line) => line.model === model && line.grid === grid);
    if (own.length === 0) continue;
    console.log(`\n${model}, ${grid} x ${grid} units\n`);
    console.log(`| | epochs | core minutes | ${Object.keys(columns).join(' | ')} |`);
    console.log(`|---|---|---|${'---|'.repeat(Object.keys(columns).length)}`);
    for (const length of lengths) {
      for (const [row, { title, epochs = (same) => same }] of Object.entries(rows)) {
        const found = own.filter((line) => line.row === row && line.length === `${length}`);
        if (found.length === 0) continue;
        const cells = Object.values(columns).map(([part, score]) =>
          spreadText(found.filter((line) => line.part === part).map((line) => 100 * score(line))),
        );
        console.log(`| ${[title, epochs(length), minutes(found), ...cells].join(' | ')} |`);
      }
    }
  }
}

/** Minutes of processor time of pre-training; resumed runs counted only a part of theirs. */
function minutes(found) {
  const whole = found.filter(({ part, resumed }) => part === undefined && !resumed);
  if (whole.length === 0) return '';
  return spread(whole.map(({ processorSeconds }) => processorSeconds / 60)).mean.toFixed(1);
}
