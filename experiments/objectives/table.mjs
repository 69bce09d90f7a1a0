/**
 * Prints the scores in `results.jsonl` as Markdown.
 *
 *   node experiments/objectives/table.mjs
 */
import { readLines } from '../run.mjs';
import { spreadText } from '../spread.mjs';
import { candidates } from './candidates.mjs';

const lines = readLines(new URL('results.jsonl', import.meta.url));
const columns = {
  seconds: ['', ({ processorSeconds }) => processorSeconds, 0],
  'fine-tuned, a tenth': ['-tenth', ({ topOne }) => 100 * topOne, 1],
  'linear probe': ['-probe', ({ linearProbe }) => 100 * linearProbe, 1],
  kNN: ['-probe', ({ neighbours }) => 100 * neighbours, 1],
};

console.log(`| | epochs | ${Object.keys(columns).join(' | ')} |`);
console.log(`|---|---|${'---|'.repeat(Object.keys(columns).length)}`);
for (const [name, { epochs }] of Object.entries(candidates)) {
  const cells = Object.values(columns).map(([part, value, digits]) => {
    const own = new RegExp(`^${name}-\\d+${part}$`);
    return spreadText(lines.filter(({ run }) => own.test(run)).map(value), digits);
  });
  console.log(`| ${[name, epochs, ...cells].join(' | ')} |`);
}
