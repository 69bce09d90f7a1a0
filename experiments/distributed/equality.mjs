/**
 * Do several processes compute what one does? Every objective on every family of backbones, with
 * and without options, by 1 to 4 processes: gradients in f64, and 20 steps in f32; then unreadable
 * images, 20 steps of fine-tuning for every task, and runs that are resumed by others than they
 * were begun by.
 *
 *     node experiments/distributed/equality.mjs [CASE...]
 *
 * A line of `equality.jsonl` for each case and number of processes: the largest difference of the
 * gradients to those of one process, relative to the largest gradient; and the largest relative
 * difference of a loss. Cases that it has already are kept.
 */
import { cpSync, existsSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gradientDifference } from '../../packages/um-mae/dist/cli/testing/differences.js';
import { checkpointDigests } from '../../packages/um-mae/dist/cli/testing/golden-runs.js';
import { Crew } from '../../packages/um-mae/dist/cli/testing/team/crew.js';
import { openImages } from '../../packages/um-mae/dist/data/sources/open-images.js';
import { writeScenes } from '../../packages/um-mae/dist/demo/scenes.js';
import { epochOrder } from '../../packages/um-mae/dist/random.js';
import { parsePretrainRecipe } from '../../packages/um-mae/dist/recipes/parse.js';
import { keepResults, readLines } from '../run.mjs';
import { cases, common } from './cases.mjs';
import { finetuning } from './finetuning.mjs';

const wanted = process.argv.slice(2);
const results = new URL('equality.jsonl', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'equality-'));
const photos = join(folder, 'photos');
await writeScenes(photos, { perClass: { train: 30, val: 0 }, seed: 1, size: 64 });
const { images } = await openImages([photos]);
const order = epochOrder(images.count, common.seed, 0);

const crew = new Crew(4);
const twoThreads = new Crew(1, { threads: 2 });
let size = 0;
try {
  for (const [name, recipe] of Object.entries(cases)) await keep(name, () => compare(recipe));
  // The parts of two processes are images 0 to 5 and 6 to 11 of a batch, of three 0 to 3 and so on.
  const broken = { 'one image': [7], 'the part of a process': [6, 7, 8, 9, 10, 11] };
  for (const [what, places] of Object.entries(broken)) {
    const path = join(folder, what.replaceAll(' ', '-'));
    cpSync(photos, path, { recursive: true });
    const copy = (await openImages([path])).images;
    for (const place of places) truncateSync(copy.locate(order[place]).path, 0);
    for (const base of ['swin um-mae', 'vit mae, all options'])
      await keep(`${base}, ${what} unreadable`, () => compare(cases[base], path));
  }
  for (const [name, recipe] of Object.entries(await finetuning(folder)))
    await keep(name, () => compareRuns(recipe));
  await keep('swin um-mae, all options, resumed', () => resume(cases['swin um-mae, all options']));
} finally {
  for (const each of [crew, twoThreads]) each.disband();
  rmSync(folder, { recursive: true });
}

/** Performs a case unless its lines are there. */
async function keep(name, measure) {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  if (readLines(results).some(({ run }) => run === name)) return;
  keepResults(results, name, await measure());
  console.log(
    name,
    readLines(results).filter(({ run }) => run === name),
  );
}

/** The case by one process, and its differences by two, three and four. */
async function compare(recipe, paths = photos) {
  const alone = await measure(recipe, paths, 1);
  const lines = [];
  for (const several of [2, 3, 4]) {
    const { gradients, losses } = await measure(recipe, paths, several);
    lines.push({
      processes: several,
      steps: losses.length,
      gradients: Math.max(...gradients.map((own) => gradientDifference(own, alone.gradients[0]))),
      losses: lossDifference(losses, alone.losses),
    });
  }
  return lines;
}

async function measure(recipe, paths, processes) {
  await form(processes);
  const parsed = withImages(recipe, paths);
  const steps = await crew.each('gradients', () => ({ recipe: parsed, steps: 1 }));
  const gradients = steps.map((step) => step.gradients);
  return { gradients, losses: await lossesBy(processes, parsed) };
}

/** The runs of fine-tuning by one process, and by two, three and four. */
async function compareRuns(recipe) {
  const alone = await lossesBy(1, recipe);
  const lines = [];
  for (const processes of [2, 3, 4]) {
    const losses = await lossesBy(processes, recipe);
    lines.push({ processes, ...likeness(losses, alone) });
  }
  // Rounding of one process, too: sums by two threads.
  await twoThreads.form(1);
  lines.push({
    processes: 1,
    threads: 2,
    ...likeness(await lossesOfRun(twoThreads, recipe), alone),
  });
  return lines;
}

/** The steps until a loss differs by more than 1e-5: rounding may decide what is drawn next. */
function likeness(losses, expected) {
  const apart = losses.findIndex((loss, i) => !(Math.abs(loss / expected[i] - 1) <= 1e-5));
  const alike = apart < 0 ? losses.length : apart;
  const difference = lossDifference(losses.slice(0, alike), expected.slice(0, alike));
  return { steps: losses.length, alike, losses: difference };
}

/** Trains, from the beginning to the end. @returns the loss of every step */
async function lossesBy(processes, recipe) {
  await form(processes);
  return lossesOfRun(crew, recipe);
}

async function lossesOfRun(members, recipe) {
  const directory = mkdtempSync(join(folder, 'run-'));
  rmSync(directory, { recursive: true });
  await members.each('run', () => ({ recipe, directory, mode: 'create' }));
  const losses = lossesOf(directory);
  rmSync(directory, { recursive: true });
  return losses;
}

/** A run of two processes that goes on with one and then three, and one of two that goes on. */
async function resume(recipe) {
  const parsed = withImages(recipe, photos);
  const [unbroken, changed, same] = ['unbroken', 'changed', 'same'].map((name) =>
    join(folder, name),
  );
  const parts = [
    [unbroken, 2],
    [changed, 2, 6],
    [changed, 1, 13],
    [changed, 3],
    [same, 2, 9],
    [same, 2],
  ];
  for (const [directory, processes, until] of parts) {
    await form(processes);
    await train(directory, parsed, until);
  }
  const expected = lossesOf(unbroken);
  const [digests, others] = [unbroken, same].map(checkpointDigests);
  return [
    { processes: [2, 1, 3], losses: lossDifference(lossesOf(changed), expected) },
    {
      processes: [2, 2],
      losses: lossDifference(lossesOf(same), expected),
      equalBytes: JSON.stringify(digests) === JSON.stringify(others),
    },
  ];
}

async function train(directory, recipe, until) {
  const mode = existsSync(directory) ? 'resume' : 'create';
  await crew.each('run', () => ({ recipe, directory, mode, ...(until && { until }) }));
}

async function form(processes) {
  if (size !== processes) await crew.form(processes);
  size = processes;
}

function withImages(recipe, paths) {
  return parsePretrainRecipe({ ...recipe, data: { paths: [paths], maxUnreadable: 0.5 } });
}

function lossesOf(directory) {
  const lines = readLines(join(directory, 'metrics.jsonl'));
  return lines.filter(({ kind }) => kind === 'step').map(({ loss }) => loss);
}

/** The largest difference of the losses of a step, relative to the loss. */
function lossDifference(losses, expected) {
  if (losses.length !== expected.length) return null;
  return Math.max(...losses.map((loss, i) => Math.abs(loss / expected[i] - 1)));
}
