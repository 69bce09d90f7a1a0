import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '@um-mae/torch/serialization';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { putPart } from '../../../data/objects/testing/drawn-set.js';
import { writeScenes } from '../../../demo/scenes.js';
import { epochOrder } from '../../../random.js';
import { type AnyLabelledRecipe, labelledKindOf } from '../../../recipes/kind.js';
import { labelledTaskOf } from '../../../tasks/labelled-tasks.js';
import type { RunMode } from '../../../training/run-files/open-run-directory.js';
import { temporaryFolder, umMaeAlone } from '../../testing/command-line.js';
import { relativeDifference } from '../../testing/differences.js';
import { checkpointDigests } from '../../testing/golden-runs.js';
import { metricsOf } from '../../testing/kept-runs.js';
import { writeSquares } from '../../testing/sets/squares.js';
import { Crew } from '../../testing/team/crew.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const crew = new Crew(2);
afterAll(() => crew.disband());

const side = 64;
const small = { height: 32, width: 32 };

const common = {
  backbone: {
    kind: 'swin',
    channels: 8,
    depths: [1, 1, 1, 1],
    heads: [1, 1, 1, 1],
    window: 2,
    positionChannels: 8,
    patch: 4,
  },
  from: null,
  image: small,
  batchSize: 4,
  accumulation: 2,
  duration: { steps: 3 },
  learningRate: { peak: 1e-3 },
  evaluateEvery: { share: 1 },
  logEvery: 1,
  dropPath: 0.3,
};

const dataOf = (train: string, val = train) => ({
  train: at(train),
  val: at(val),
  maxUnreadable: 0.5,
});

/** Objects of the same places in every image. */
const detected = {
  ...common,
  data: dataOf('drawn'),
  image: { height: side, width: side },
  projection: { channels: 16 },
  input: { kind: 'jitter', height: side, width: side, ratios: [1, 1] },
};

const recipes = {
  classification: {
    ...common,
    data: dataOf('scenes/train', 'scenes/val'),
    augmentation: { erasing: 0.7 },
    mixing: { mixup: 0, cutmix: 0 },
  },
  segmentation: {
    ...common,
    task: 'segmentation',
    // A batch norm over two values that are alike would enlarge what is rounded.
    batchSize: 6,
    data: dataOf('squares'),
    crop: small,
    scale: { long: 64, short: 32 },
    head: { channels: 8, projection: { channels: 8 }, auxiliary: { channels: 8 }, dropout: 0.3 },
  },
  detection: { ...detected, task: 'detection', head: { kind: 'gfl', channels: 16, depth: 1 } },
  instances: {
    ...detected,
    task: 'instances',
    head: { kind: 'mask-rcnn', channels: 16, boxChannels: 32, anchors: 16, regions: 12 },
  },
};

type Name = keyof typeof recipes;

function recipeOf(name: Name): AnyLabelledRecipe {
  const recipe = recipes[name];
  return labelledKindOf(recipe).schema.parse(recipe) as AnyLabelledRecipe;
}

/** Trains in so many processes, from the beginning or from where the run is. */
async function train(
  size: number,
  name: Name,
  run: string,
  { mode = 'create', until }: { mode?: RunMode; until?: number } = {},
): Promise<void> {
  await crew.form(size);
  const recipe = recipeOf(name);
  const ends = await crew.each('run', () => ({
    recipe,
    directory: at(run),
    mode,
    ...(until === undefined ? {} : { until }),
  }));
  expect(ends.slice(1).every((events) => events === 1)).toBe(true);
}

const drawn = Array.from({ length: 9 }, (_, i) => ({
  width: side,
  height: side,
  objects: [
    { label: 0, box: [i, 2, 24, 20] },
    { label: 1, box: [30, 20 + i, 26, 22] },
  ] as const,
}));

/** Breaks images of the second process in the first batch. */
async function breakImages(name: Name, places: readonly number[]): Promise<void> {
  const recipe = recipeOf(name);
  const { train: known } = await labelledTaskOf(recipe).open(recipe);
  const order = epochOrder(known.images.count, recipe.seed, 0);
  for (const place of places) {
    const { path } = known.images.locate(order[place] ?? Number.NaN);
    truncateSync(path, 60);
  }
}

beforeAll(async () => {
  await writeScenes(at('scenes'), { perClass: { train: 3, val: 1 }, seed: 1, size: 40 });
  await writeSquares(at('squares'), { train: 13, val: 2 });
  for (const part of ['train', 'val'])
    await putPart(at('drawn'), part, { images: drawn, classes: ['dark', 'bright'] });
  await breakImages('classification', [2, 3]);
  await breakImages('segmentation', [3, 4, 5]);
  await breakImages('detection', [3]);
  await crew.form(1);
  for (const name of Object.keys(recipes) as Name[]) await train(1, name, `${name}-1`);
});

/** The numbers of the steps of two runs, up to rounding. */
function expectAlike(run: string, other: string): void {
  const stepsOf = (name: string) => metricsOf(at(name)).filter(({ kind }) => kind === 'step');
  const numbers = (name: string, key: 'loss' | 'gradientNorm') =>
    stepsOf(name).map((line) => Number(line[key]));
  expect(numbers(run, 'loss')).toHaveLength(3);
  expect(relativeDifference(numbers(run, 'loss'), numbers(other, 'loss'))).toBeLessThan(1e-5);
  const norms = relativeDifference(numbers(run, 'gradientNorm'), numbers(other, 'gradientNorm'));
  expect(norms).toBeLessThan(1e-4);
  const skipped = (name: string) => readFileSync(join(at(name), 'skipped.jsonl'), 'utf8');
  expect(skipped(run)).toBe(skipped(other));
}

/** The running statistics of norms in the last checkpoint. */
function statisticsOf(run: string): number[] {
  const state = readSafetensors(join(at(run), 'checkpoints/last/model.safetensors')).tensors;
  return [...state]
    .filter(([name]) => /running_|num_batches/.test(name))
    .flatMap(([, tensor]) => [...tensor.toArray()].map(Number));
}

test.each(Object.keys(recipes) as Name[])('two processes learn %s as one does', async (name) => {
  await train(2, name, `${name}-2`);
  expectAlike(`${name}-2`, `${name}-1`);
  const [found, expected] = [statisticsOf(`${name}-2`), statisticsOf(`${name}-1`)];
  expect(expected.length > 0).toBe(name === 'segmentation' || name === 'detection');
  expect(relativeDifference(found, expected)).toBeLessThan(1e-4);
});

test('a run goes on to the bit in two processes, and up to rounding in one', async () => {
  await train(2, 'segmentation', 'stopped', { until: 1 });
  await train(2, 'segmentation', 'stopped', { mode: 'resume', until: 2 });
  await train(2, 'segmentation', 'stopped', { mode: 'resume' });
  expect(checkpointDigests(at('stopped'))).toEqual(checkpointDigests(at('segmentation-2')));
  await train(2, 'classification', 'changed', { until: 2 });
  await train(1, 'classification', 'changed', { mode: 'resume' });
  expectAlike('changed', 'classification-1');
});

test('the command trains so, too, and only process 0 writes', async () => {
  writeFileSync(at('recipe.yaml'), JSON.stringify(recipes.classification));
  const run = at('command');
  const flags = ['--recipe', at('recipe.yaml'), '--out', run, '--json', '--continue'];
  const ended = await umMaeAlone('finetune', ...flags, '--devices', '2', '--threads', '1');
  expect({ ...ended, stdout: '' }).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(checkpointDigests(run)).toEqual(checkpointDigests(at('classification-2')));
  expect(readdirSync(run).filter((name) => name.startsWith('events'))).toHaveLength(1);
  const { processes } = JSON.parse(readFileSync(join(run, 'environment.json'), 'utf8'));
  expect(processes).toHaveLength(2);
});
