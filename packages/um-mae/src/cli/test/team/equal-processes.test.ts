import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packImages } from '../../../data/curation/pack.js';
import { openImages } from '../../../data/sources/open-images.js';
import { epochOrder } from '../../../random.js';
import { parsePretrainRecipe } from '../../../recipes/parse.js';
import type { PretrainRecipe } from '../../../recipes/pretrain/pretrain-recipe.js';
import { readRecipeFile } from '../../../recipes/recipe-file.js';
import { assign, parseAssignment } from '../../../recipes/values/assignments.js';
import type { Metrics } from '../../../training/run-files/metrics/metrics-line.js';
import type { RunMode } from '../../../training/run-files/open-run-directory.js';
import { temporaryFolder, writeImages } from '../../testing/command-line.js';
import { gradientDifference, relativeDifference } from '../../testing/differences.js';
import { goldenFolder } from '../../testing/golden-runs.js';
import { Crew } from '../../testing/team/crew.js';
import type { Gradients } from '../../testing/team/crew-member.js';

const folder = temporaryFolder();
const data = join(folder, 'data');
/** The same images, of which a whole part of the first batch is broken. */
const broken = join(folder, 'broken');
const crew = new Crew(3);
afterAll(() => crew.disband());

const settings = [
  ...['batchSize=6', 'accumulation=2', 'duration.steps=4', 'dropPath=0.3', 'averageDecay=0.9'],
  ...['optimizer.maxGradientNorm=0.05', 'checkpointing=true', 'data.maxUnreadable=0.5'],
];

async function recipeOf(name: string, paths: string): Promise<PretrainRecipe> {
  const recipe = await readRecipeFile(join(goldenFolder, `${name}.yaml`));
  const changes = [...settings, `data.paths=[${paths}]`].map(parseAssignment);
  return parsePretrainRecipe(assign(recipe, changes));
}

interface Case {
  readonly name: string;
  readonly paths: string;
}

const cases: readonly Case[] = [
  { name: 'um-mae-swin', paths: broken },
  { name: 'mae-vit', paths: data },
  { name: 'um-mae-swin-cross', paths: data },
  { name: 'simmim-swin', paths: data },
  { name: 'um-mae-pvt', paths: data },
];

/** A step of some cases, by the processes that work together. */
async function gradientsOf(some: readonly Case[]): Promise<Gradients[][]> {
  const found: Gradients[][] = [];
  for (const { name, paths } of some) {
    const recipe = await recipeOf(name, paths);
    found.push(await crew.each('gradients', () => ({ recipe, steps: 1 })));
  }
  return found;
}

let alone: Gradients[][] = [];

beforeAll(async () => {
  await writeImages(data, 3);
  cpSync(data, broken, { recursive: true });
  const { images } = await openImages([broken]);
  for (const index of epochOrder(images.count, 1, 0).subarray(3, 6)) {
    const location = images.locate(index);
    truncateSync(location.path, 0);
  }
  await crew.form(1);
  alone = await gradientsOf(cases);
});

test.each([
  { size: 2, some: cases },
  { size: 3, some: cases.slice(0, 1) },
])('$size processes have the gradients of one', async ({ size, some }) => {
  await crew.form(size);
  for (const [i, members] of (await gradientsOf(some)).entries()) {
    const { name, paths } = some[i] ?? {};
    const expected = alone[i]?.[0];
    const images = members.flatMap((member) => member.images);
    expect(images.toSorted()).toEqual(expected?.images.toSorted());
    expect(images).toHaveLength(paths === data ? 12 : 9);
    for (const { gradients } of members) {
      const difference = gradientDifference(gradients, expected?.gradients ?? new Map());
      expect(difference, name).toBeLessThan(1e-12);
    }
  }
});

test('a run goes on in other numbers of processes', async () => {
  const recipe = await recipeOf('um-mae-swin', data);
  const train = async (size: number, run: string, until?: number) => {
    await crew.form(size);
    const directory = join(folder, run);
    const mode = existsSync(directory) ? 'resume' : 'create';
    const [lead = 0, ...others] = await crew.each('run', () => ({
      recipe,
      directory,
      mode,
      ...(until === undefined ? {} : { until }),
    }));
    expect(lead).toBeGreaterThan(1);
    expect(others.every((events) => events === 1)).toBe(true);
  };
  await train(1, 'unbroken');
  await train(2, 'changed', 1);
  await train(1, 'changed', 3);
  await train(3, 'changed');
  const linesOf = (run: string): Metrics[] =>
    readFileSync(join(folder, run, 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const losses = (run: string) => linesOf(run).map(({ loss }) => Number(loss));
  expect(losses('changed')).toHaveLength(6);
  expect(relativeDifference(losses('changed'), losses('unbroken'))).toBeLessThan(1e-5);
  const paces = linesOf('changed').flatMap(({ kind, processes }) =>
    kind === 'step' ? [processes] : [],
  );
  expect(paces.map((processes) => processes?.imagesPerSecond.length)).toEqual([2, 2, undefined, 3]);
});

test('processes go on with one run, or with none', async () => {
  const recipe = await recipeOf('um-mae-swin', data);
  const [run, other] = ['unbroken', 'changed'].map((name) => join(folder, name)) as [
    string,
    string,
  ];
  const digest = () => readFileSync(join(run, 'environment.json'), 'utf8');
  await crew.form(2);
  const before = digest();
  const resume = (firstMode: RunMode) =>
    crew.each('run', (rank) => ({
      recipe,
      directory: rank === 0 ? run : other,
      mode: rank === 0 ? firstMode : 'resume',
    }));
  await expect(resume('resume')).rejects.toThrow(
    /^CheckpointError: Expected the run in \S+changed of process 1 on \S+ in \S+unbroken of process 0 on \S+ but got another one\.\nAll processes need the same run directory\.$/,
  );
  await expect(resume('overwrite')).rejects.toThrow(/ but got none\.\n/);
  expect(digest()).toBe(before);
});

test('processes with shards of their own read each shard through once', async () => {
  const [here, there] = [join(folder, 'here'), join(folder, 'there')];
  await packImages(await openImages([data]), { out: here, imagesPerShard: 6 });
  const alike = (await openImages([here])).images;
  const indexes = (path: string) => readdirSync(path).filter((name) => name.endsWith('.index'));
  for (const name of indexes(here)) rmSync(join(here, name));
  cpSync(here, there, { recursive: true });

  await crew.form(2);
  const { count, digest } = alike;
  const own = (rank: number) => ({ folder: rank === 0 ? here : there });
  for (let start = 0; start < 2; start++) {
    expect(await crew.each('open', own)).toEqual([
      { count, digest },
      { count, digest },
    ]);
    expect([indexes(here).length, indexes(there).length]).toEqual([2, 2]);
    expect(new Set([...indexes(here), ...indexes(there)]).size).toBe(4);
  }
});

test('devices of several kinds are named, and a GPU that is not there ends all', async () => {
  const take = (...devices: string[]) =>
    crew.each('takeDevice', (rank) => ({ device: devices[rank] ?? 'none' }));
  await crew.form(2);
  await expect(take('cpu', 'cpu')).resolves.toEqual(['cpu', 'cpu']);
  await expect(take('cpu', 'cuda:0')).rejects.toThrow(
    /UmMaeError: Expected `device` "cpu", as in process 0 on \S+, but got "cuda" in process 1 on /,
  );
  await expect(take('mps', 'mps')).rejects.toThrow('Expected `--device` cpu or cuda with several');
  await expect(take('cuda:99', 'cuda:99')).rejects.toThrow('Expected device cuda:99 but ');
});

test('other images in one process are named, the same ones in another folder are not', async () => {
  const [copy, fewer] = [join(folder, 'copy'), join(folder, 'fewer')];
  cpSync(data, copy, { recursive: true });
  cpSync(data, fewer, { recursive: true });
  const { images } = await openImages([fewer]);
  rmSync(images.locate(0).path);
  const recipe = await recipeOf('um-mae-swin', data);
  const agree = (path: string) =>
    crew.each('agree', (rank) => {
      const paths = [rank === 0 ? data : path];
      return { recipe: { ...recipe, data: { ...recipe.data, paths } } };
    });

  await crew.form(2);
  await expect(agree(copy)).resolves.toEqual([undefined, undefined]);
  await expect(agree(fewer)).rejects.toThrow(
    /UmMaeError: Expected the 24 images of process 0 on \S+ but got 23 in process 1 on \S+\.\nAll processes need the same images, in folders of any names\.$/,
  );
});

test('a first process that is stopped is named by all others', async () => {
  await crew.form(3, { patienceMs: 1000 });
  const text = `um-mae: Expected an answer of process 0 on ${hostname()} within 1 s but got none.`;
  const failure = { text, exitCode: 1, silent: [0] };
  expect(await crew.withoutFirst('miss', undefined)).toEqual([failure, failure]);
});
