import { mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { putPart } from '../../../data/objects/testing/drawn-set.js';
import { openImages } from '../../../data/sources/open-images.js';
import { writeScenes } from '../../../demo/scenes.js';
import { parsePretrainRecipe } from '../../../recipes/parse.js';
import { swinMicro } from '../../../recipes/pretrain/folder.js';
import { assign, parseAssignment } from '../../../recipes/values/assignments.js';
import { temporaryFolder } from '../../testing/command-line.js';
import { metricsOf } from '../../testing/kept-runs.js';
import { writeSquares } from '../../testing/sets/squares.js';
import { Crew } from '../../testing/team/crew.js';
import type { UntrainedEvaluation } from '../../testing/untrained.js';

const folder = temporaryFolder();
const [scenes, squares, drawn] = ['scenes', 'squares', 'drawn'].map((name) =>
  join(folder, name),
) as [string, string, string];
const crew = new Crew(4);
afterAll(() => crew.disband());

const small = ['backbone.channels=8', 'backbone.heads=[1, 1, 1, 1]'];
const size = 'image={height: 32, width: 32}';
const dense = ['projection.channels=16', 'head.channels=16', 'image={height: 64, width: 64}'];
const jitter = 'input={kind: jitter, height: 64, width: 64, ratios: [1, 1]}';

const evaluations: readonly UntrainedEvaluation[] = [
  { task: 'classification', data: scenes, values: [...small, size] },
  {
    task: 'segmentation',
    data: squares,
    values: [
      ...[...small, size, 'crop={height: 32, width: 32}', 'head.channels=8'],
      ...['head.projection.channels=8', 'head.auxiliary.channels=8'],
    ],
  },
  {
    task: 'detection',
    data: drawn,
    values: [...small, ...dense, jitter, 'head.depth=1', 'inference.leastScore=0.001'],
  },
  {
    task: 'instances',
    data: drawn,
    values: [...small, ...dense, jitter, 'head.maskDepth=1', 'head.regions=32'],
  },
];

/** 25 scenes, 7 pictures of squares and 3 of rectangles, some of which are broken. */
beforeAll(async () => {
  await writeScenes(scenes, { perClass: { train: 2, val: 3 }, seed: 1, size: 40 });
  const { images } = await openImages([join(scenes, 'val')]);
  for (const index of [0, 17]) {
    const { path } = images.locate(index);
    truncateSync(path, 99);
  }
  await writeSquares(squares, { train: 2, val: 7 });
  const image = (left: number) => ({
    width: 64,
    height: 64,
    objects: [{ label: 0, box: [left, 9, 30, 24] as const }],
  });
  mkdirSync(drawn);
  for (const part of ['train', 'val'])
    await putPart(drawn, part, { images: [4, 8, 12].map(image), classes: ['dark', 'bright'] });
});

/** Evaluations by some processes together. */
async function evaluateAll(processes: number): Promise<(object | undefined)[][]> {
  await crew.form(processes);
  const found: (object | undefined)[][] = [];
  for (const evaluation of evaluations)
    found.push(await crew.each('evaluate', () => ({ ...evaluation, stops: false })));
  return found;
}

test('four processes find what one does, also in fewer images than they are', async () => {
  const alone = await evaluateAll(1);
  const together = await evaluateAll(4);
  for (const [i, { task }] of evaluations.entries())
    expect(together[i], task).toEqual([alone[i]?.[0], undefined, undefined, undefined]);
  expect(alone[0]?.[0]).toMatchObject({ images: 24, scores: { images: 22 } });
  expect(alone[0]?.[0]).toHaveProperty('skipped.length', 2);
  expect(alone[3]?.[0]).toMatchObject({ images: 3 });
});

test('three processes predict what one does', async () => {
  const { images } = await openImages([join(scenes, 'train')]);
  const files = Array.from({ length: 5 }, (_, index) => images.locate(index).path);
  const predictAll = async (processes: number) => {
    await crew.form(processes);
    const found: object[][][] = [];
    for (const evaluation of evaluations)
      found.push(await crew.each('predict', () => ({ ...evaluation, files })));
    return found;
  };
  const alone = await predictAll(1);
  const together = await predictAll(3);
  for (const [i, { task }] of evaluations.entries()) {
    expect(alone[i]?.[0], task).toHaveLength(5);
    expect(together[i], task).toEqual([alone[i]?.[0], [], []]);
  }
});

test('features, their file and probes are those of one process', async () => {
  const embedIn = async (processes: number, name: string) => {
    await crew.form(processes);
    const out = join(folder, name);
    const reports = await crew.each('embed', () => ({ data: scenes, out }));
    return { reports, bytes: readFileSync(out) };
  };
  const alone = await embedIn(1, 'alone.safetensors');
  const together = await embedIn(3, 'together.safetensors');
  expect(together.bytes.equals(alone.bytes)).toBe(true);
  expect(together.reports).toEqual([alone.reports[0], undefined, undefined]);
  expect(alone.reports[0]).toMatchObject({ images: { train: 16, val: 22 }, computed: 38 });
});

test('a run of two processes is watched as one of one process is', async () => {
  const [train, val] = [join(scenes, 'train'), join(scenes, 'val')];
  const values = [
    ...[...small, size, 'batchSize=8', 'duration.epochs=1', `data.paths=[${train}]`],
    ...['watch.every.epochs=1', `watch.labelled={train: ${train}, val: ${val}}`],
    ...['decoder.channels=16', 'decoder.heads=2'],
  ];
  const base = parsePretrainRecipe(swinMicro);
  const recipe = parsePretrainRecipe(assign(base, values.map(parseAssignment)));
  const watch = async (processes: number) => {
    await crew.form(processes);
    const directory = join(folder, `watched-by-${processes}`);
    await crew.each('run', () => ({ recipe, directory, mode: 'create' }));
    const { seconds, ...look } = metricsOf(directory).find(({ kind }) => kind === 'watch') ?? {};
    return look;
  };
  const { rankMe, ...alone } = await watch(1);
  const together = await watch(2);
  expect(together).toMatchObject(alone);
  expect(together.rankMe).toBeCloseTo(Number(rankMe), 3);
  expect(alone).toMatchObject({ neighbours: expect.any(Number), linearProbe: expect.any(Number) });
});

test('a signal to one process ends all', async () => {
  await crew.form(2);
  const [evaluation] = evaluations;
  const stopped = crew.each('evaluate', (rank) => ({
    ...(evaluation as UntrainedEvaluation),
    stops: rank === 1,
  }));
  await expect(stopped).rejects.toThrow(
    /^(UmMaeError: Expected all processes to go on but another one has been stopped\.|AbortError: )/,
  );
});
