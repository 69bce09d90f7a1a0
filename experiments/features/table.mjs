/**
 * Prints the scores in `results.jsonl` as Markdown: the mean over the seeds, and the standard
 * deviation between them.
 *
 *   node experiments/features/table.mjs
 */
import { readLines } from '../run.mjs';
import { spreadText } from '../spread.mjs';
import { epochs, preparations } from './plan.mjs';

const scores = readLines(new URL('results.jsonl', import.meta.url));
const columns = [
  ['all', 'neighbours'],
  ['all', 'linearProbe'],
  ['tenth', 'neighbours'],
  ['tenth', 'linearProbe'],
];

for (const model of new Set(scores.map((score) => score.model))) {
  console.log(`\n${model}, ${epochs} epochs of pre-training\n`);
  console.log(
    '| features | channels | kNN | linear probe | kNN, a tenth | linear probe, a tenth |',
  );
  console.log('|---|---|---|---|---|---|');
  for (const preparation of Object.keys(preparations)) {
    const found = scores.filter(
      (score) => score.model === model && score.preparation === preparation,
    );
    const [first] = found;
    if (first === undefined) continue;
    const cells = columns.map(([share, name]) => {
      const own = found.filter((score) => score.labels === share);
      return spreadText(own.map((score) => 100 * score[name]));
    });
    console.log(`| ${[preparation, first.channels, ...cells].join(' | ')} |`);
  }
}
