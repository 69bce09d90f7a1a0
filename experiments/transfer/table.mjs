/**
 * Prints the scores in `results.jsonl` as Markdown: the mean over the seeds, and the standard
 * deviation between them.
 *
 *   node experiments/transfer/table.mjs
 */
import { readLines } from '../run.mjs';
import { spread, spreadText } from '../spread.mjs';
import { epochs, rows } from './plan.mjs';

const name = /^(?<model>\w+-micro)-(?<seed>\d+)-(?<rest>.+)$/;
const scores = readLines(new URL('results.jsonl', import.meta.url))
  .map((line) => ({ ...name.exec(line.run)?.groups, ...line }))
  .filter(({ model }) => model !== undefined);

const columns = {
  all: ({ topOne }) => topOne,
  tenth: ({ topOne }) => topOne,
  'all-statistics': ({ topOne }) => topOne,
  'tenth-statistics': ({ topOne }) => topOne,
  probe: ({ linearProbe }) => linearProbe,
  'probe-neighbours': ({ neighbours }) => neighbours,
  'probe-stages': ({ linearProbe }) => linearProbe,
  'probe-stages-neighbours': ({ neighbours }) => neighbours,
};

/** Writes the mean and the deviation over all seeds that have a score. */
function cell(model, row, column) {
  const file = `${row}-${column.replace('-neighbours', '')}`;
  const found = scores.filter(({ model: own, rest }) => own === model && rest === file);
  return spreadText(found.map((score) => 100 * columns[column](score)));
}

/** Minutes of one core that pre-training took; resumed runs counted only a part of theirs. */
function minutes(model, row) {
  const found = scores.filter(
    ({ model: own, rest, resumed }) => own === model && rest === row && !resumed,
  );
  if (row.startsWith('scratch') || found.length === 0) return '';
  return spread(found.map(({ processorSeconds }) => processorSeconds / 60)).mean.toFixed(1);
}

for (const model of new Set(scores.map(({ model }) => model))) {
  console.log(`\n${model}, ${epochs.pretrain} epochs of pre-training\n`);
  console.log(
    `| | core minutes of pre-training | fine-tuned, all labels (${epochs.all} epochs) | fine-tuned, a tenth (${epochs.tenth} epochs) | a head on all stages: all labels | a tenth | linear probe, mean of the last stage | kNN | linear probe, all stages | kNN |`,
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const [row, { title }] of Object.entries(rows)) {
    const cells = Object.keys(columns).map((column) => cell(model, row, column));
    if (cells.every((text) => text === '')) continue;
    console.log(`| ${[title, minutes(model, row), ...cells].join(' | ')} |`);
  }
}
