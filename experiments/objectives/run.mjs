/**
 * Is there a better objective at the same cost? Pre-trains swin-micro by each candidate on
 * tiny-imagenet-20, probes it on a part of the training images, and fine-tunes it on a tenth of the
 * labels.
 *
 *   node experiments/objectives/run.mjs DATA OUT [--candidates N,..] [--seeds 11]
 *
 * DATA holds train/CLASS/, val/CLASS/ and train_10percent.txt. Runs are written to OUT and scores
 * to `results.jsonl` here: what has a score is not run again. Seeds are those of choices, not of
 * reported results. `table.mjs` prints the scores.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { keepResults, readLines, umMae } from '../run.mjs';
import { finalScores } from '../scores.mjs';
import { candidates } from './candidates.mjs';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    candidates: { type: 'string', default: Object.keys(candidates).join(',') },
    seeds: { type: 'string', default: '11' },
  },
});
const [data, out] = positionals;
if (data === undefined || out === undefined) {
  console.error(
    'usage: node experiments/objectives/run.mjs DATA OUT [--candidates N,..] [--seeds S,..]',
  );
  process.exit(2);
}
const results = new URL('results.jsonl', import.meta.url);
const pretrain = fileURLToPath(new URL('pretrain.mjs', import.meta.url));
const train = join(data, 'train');
mkdirSync(out, { recursive: true });
const lists = writeLists();

for (const seed of values.seeds.split(',')) {
  for (const name of values.candidates.split(',')) {
    const run = `${name}-${seed}`;
    const directory = join(out, run);
    await keep(run, () => {
      const args = [pretrain, name, seed, train, directory];
      const { stdout, status } = spawnSync(process.execPath, args, {
        stdio: ['ignore', 'pipe', 2],
      });
      if (status !== 0) throw new Error(`pre-training by ${name} failed.`);
      return JSON.parse(stdout.toString().trim().split('\n').at(-1));
    });
    await keep(`${run}-probe`, () => scored('probe', directory, ...lists));
    const tenth = ['--train', join(data, 'train_10percent.txt'), '--data-root', train];
    const once = ['--val', join(data, 'val'), '--epochs', '20', '--set', 'evaluateEvery.epochs=20'];
    const machine = ['--seed', seed, '--threads', '1', '--workers', '1'];
    const finetune = ['finetune', '--from', directory, ...tenth, ...once, ...machine];
    await keep(`${run}-tenth`, () => scored(...finetune, '--out', `${directory}-tenth`));
  }
}

async function keep(run, measure) {
  if (readLines(results).some((line) => line.run === run)) return;
  const measured = await measure();
  keepResults(results, run, [measured]);
  console.log(run, JSON.stringify(measured));
}

async function scored(...args) {
  const { report, processorSeconds } = await umMae(...args);
  return { ...finalScores(report), processorSeconds };
}

/** Lists of three quarters of the training images of each class, and of the rest. */
function writeLists() {
  const sides = { fit: [], held: [] };
  for (const name of readdirSync(train).sort()) {
    const files = readdirSync(join(train, name)).sort();
    for (const [i, file] of files.entries()) {
      sides[i % 4 === 3 ? 'held' : 'fit'].push(`${name}/${file}\n`);
    }
  }
  const [fit, held] = ['fit', 'held'].map((side) => {
    const list = join(out, `${side}.txt`);
    if (!existsSync(list)) writeFileSync(list, sides[side].join(''));
    return list;
  });
  return ['--train', fit, '--val', held, '--data-root', train];
}
