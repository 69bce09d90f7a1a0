/**
 * Rehearses the headline: the three commands with a small model, on sets in COCO's format with
 * `images/train` and `images/val`, and prints what each reached.
 *
 *   node examples/headline/rehearse.mjs SET... [--out FOLDER] [--share 1]
 *
 * Two sets of a hundred images take some minutes each on two cores; a --share below 1 takes that
 * part of the passes over the images.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { umMae } from '../../experiments/run.mjs';
import { imageClasses, rehearsal } from './plan.mjs';

const { positionals: sets, values } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'runs/rehearsal' },
    share: { type: 'string', default: '1' },
  },
});
if (sets.length === 0 || !(Number(values.share) > 0)) {
  console.error('usage: node examples/headline/rehearse.mjs SET... [--out FOLDER] [--share S]');
  process.exit(2);
}

/** The name of a file of annotations: that of super-categories where a set has one. */
function annotationsOf(set, part) {
  const files = readdirSync(join(set, 'annotations')).filter((name) => name.includes(part));
  return files.find((name) => name.includes('super')) ?? files[0];
}

/** Writes the classes of whole images as two lists. */
function writeLists(set, folder) {
  mkdirSync(folder, { recursive: true });
  const read = (part) =>
    JSON.parse(readFileSync(join(set, 'annotations', annotationsOf(set, part)), 'utf8'));
  const classes = imageClasses({ train: read('train'), val: read('val') });
  for (const [part, images] of Object.entries(classes)) {
    const lines = images.map(([file, name]) => {
      const beside = join(set, 'images', part, basename(file));
      return `${existsSync(beside) ? beside : join(set, 'images', file)}\t${name}\n`;
    });
    writeFileSync(join(folder, `${part}.txt`), lines.join(''));
  }
}

/** Puts the scores of a step into words. */
function reached({ best, loss }) {
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  if (best?.boxAp !== undefined)
    return `box AP ${percent(best.boxAp)}, mask AP ${percent(best.maskAp)}`;
  if (best?.topOne !== undefined) return `top-1 ${percent(best.topOne)}`;
  return `loss ${loss.toFixed(3)}`;
}

const rows = [['set', 'step', 'epochs', 'seconds', 'processor', 'reached']];
for (const set of sets.map((path) => resolve(path))) {
  const out = resolve(values.out, basename(set));
  const places = { COCO: set, OUT: out, LISTS: join(out, 'lists') };
  writeLists(set, places.LISTS);
  const hasGroups = annotationsOf(set, 'train').includes('super');
  const steps = rehearsal({
    share: Number(values.share),
    values: hasGroups ? ['--set', 'data.annotations=super'] : [],
  });
  for (const { name, title, epochs, args } of steps) {
    const placed = args.map((text) =>
      text.replace(/^(COCO|OUT|LISTS)(?=\/|$)/, (word) => places[word]),
    );
    console.error(`${basename(set)}: ${title} -> ${join(out, name)}`);
    const { report, processorSeconds } = await umMae(...placed, '--overwrite');
    const { summary } = report;
    const seconds = summary.elapsedSeconds.toFixed(1);
    const processor = processorSeconds.toFixed(1);
    rows.push([basename(set), title, `${epochs}`, seconds, processor, reached(summary)]);
  }
}
const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
for (const row of rows)
  console.log(
    row
      .map((text, i) => text.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
