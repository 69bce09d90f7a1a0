/**
 * Rehearses the headline: the three commands with a small model, on sets in COCO's format with
 * `images/train` and `images/val`, and prints what each reached.
 *
 *   node examples/headline/rehearse.mjs SET... [--out FOLDER] [--share 1]
 *
 * Two sets of a hundred images take some minutes each on two cores; a --share below 1 takes that
 * part of the passes over the images. After Ctrl-C the same command goes on.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { umMae } from '../../experiments/run.mjs';
import { imageClasses, rehearsal } from './plan.mjs';

const usage = 'usage: node examples/headline/rehearse.mjs SET... [--out FOLDER] [--share S]';

/** Ends the program with a sentence. */
function refuse(sentence) {
  console.error(`${sentence}\n${usage}`);
  process.exit(2);
}

function readArguments() {
  const options = {
    out: { type: 'string', default: 'runs/rehearsal' },
    share: { type: 'string', default: '1' },
  };
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options });
    return { sets: positionals.map((path) => resolve(path)), ...values };
  } catch (error) {
    return refuse(error.message);
  }
}

const { sets, out, share } = readArguments();
if (sets.length === 0) refuse('Expected one or more sets but got none.');
if (!(Number(share) > 0)) refuse(`Expected a --share above 0 but got ${share}.`);
if (new Set(sets.map((set) => basename(set))).size < sets.length)
  refuse('Expected sets of different names, since these are the names of their folders of runs.');

/** The file of annotations of a part: that of super-categories where a set has one. */
function annotationsOf(set, part) {
  const folder = join(set, 'annotations');
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const own = files.filter((name) => name.includes(part) && name.endsWith('.json'));
  const file = own.find((name) => name.includes('super')) ?? own[0];
  return file && join(folder, file);
}

for (const set of sets)
  for (const part of ['train', 'val'])
    if (!annotationsOf(set, part) || !existsSync(join(set, 'images', part)))
      refuse(
        `Expected images/${part} and annotations/*${part}*.json in ${set} but got none of one.`,
      );

/**
 * Writes the classes of whole images as two lists.
 *
 * @returns the share of the most frequent class of those that are evaluated
 */
function writeLists(set, folder) {
  mkdirSync(folder, { recursive: true });
  const read = (part) => JSON.parse(readFileSync(annotationsOf(set, part), 'utf8'));
  const classes = imageClasses({ train: read('train'), val: read('val') });
  for (const [part, images] of Object.entries(classes)) {
    const lines = images.map(([file, name]) => {
      const beside = join(set, 'images', part, basename(file));
      return `${existsSync(beside) ? beside : join(set, 'images', file)}\t${name}\n`;
    });
    writeFileSync(join(folder, `${part}.txt`), lines.join(''));
  }
  const counts = new Map();
  for (const [, name] of classes.val) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Math.max(...counts.values()) / classes.val.length;
}

/** Puts the scores of a step into words. */
function reached({ best, loss }, usual) {
  const percent = (value) => `${(100 * value).toFixed(1)} %`;
  if (best?.boxAp !== undefined)
    return `box AP ${percent(best.boxAp)}, mask AP ${percent(best.maskAp)}`;
  if (best?.topOne !== undefined)
    return `top-1 ${percent(best.topOne)} (most frequent class ${percent(usual)})`;
  return `loss ${loss.toFixed(3)}`;
}

const rows = [['set', 'step', 'epochs', 'processor seconds', 'reached']];
for (const set of sets) {
  const runs = resolve(out, basename(set));
  const places = { COCO: set, OUT: runs, LISTS: join(runs, 'lists') };
  const usual = writeLists(set, places.LISTS);
  const hasGroups = basename(annotationsOf(set, 'train')).includes('super');
  const steps = rehearsal({
    share: Number(share),
    values: hasGroups ? ['--set', 'data.annotations=super'] : [],
  });
  for (const { name, title, epochs, args } of steps) {
    const placed = args.map((text) =>
      text.replace(/^(COCO|OUT|LISTS)(?=\/|$)/, (word) => places[word]),
    );
    const done = existsSync(join(runs, name));
    console.error(`${basename(set)}: ${title} -> ${join(runs, name)}`);
    const { report, processorSeconds } = await umMae(...placed, '--continue').catch((error) => {
      console.error(error.message);
      process.exit(1);
    });
    const seconds = done ? 'resumed' : processorSeconds.toFixed(1);
    rows.push([basename(set), title, `${epochs}`, seconds, reached(report.summary, usual)]);
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
