import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../cli/testing/command-line.js';
import { writeScenes } from '../../../demo/scenes.js';
import { parsePretrainRecipe } from '../../../recipes/parse.js';
import { swinMicro } from '../../../recipes/pretrain/folder.js';
import { assign, parseAssignment } from '../../../recipes/values/assignments.js';
import { readRun } from '../../../training/tensorboard/testing/read-events.js';
import type { PretrainEvent } from '../events.js';
import { pretrainEvents } from '../pretrain-events.js';
import { withWatchedStages } from './watched-stages.js';

const folder = temporaryFolder();
const train = join(folder, 'scenes/train');
const val = join(folder, 'scenes/val');

beforeAll(() =>
  writeScenes(join(folder, 'scenes'), { perClass: { train: 3, val: 1 }, seed: 1, size: 32 }),
);

/** Images of a set that a look has computed, and all of it, as it has told them. */
const counts: [done: number, total: number][] = [];

async function run(name: string, ...changes: readonly string[]): Promise<PretrainEvent[]> {
  const small = [
    ...['image={height: 32, width: 32}', 'backbone.channels=8', 'backbone.heads=[1, 1, 1, 1]'],
    ...['decoder.channels=16', 'batchSize=8', 'duration.epochs=3', `data.paths=[${train}]`],
  ];
  const assignments = [...small, ...changes].map(parseAssignment);
  const recipe = parsePretrainRecipe(assign(parsePretrainRecipe(swinMicro), assignments));
  const events: PretrainEvent[] = [];
  for await (const event of pretrainEvents({
    recipe,
    directory: join(folder, name),
    mode: 'create',
    device: 'cpu',
    workers: 1,
    environment: {},
    residentBytes: process.memoryUsage.rss,
    signal: new AbortController().signal,
    onLook: (done, total) => counts.push([done, total]),
  })) {
    events.push(event);
  }
  return events;
}

function momentsOf(name: string): Buffer {
  return readFileSync(join(folder, name, 'checkpoints/last/optimizer.safetensors'));
}

const labelled = `watch.labelled={train: ${train}, val: ${val}}`;

describe('watching', () => {
  test('looks every so many epochs, and changes no weight', async () => {
    await run('alone');
    const events = await run('watched', 'watch.every.epochs=2', 'watch.rankImages=10', labelled);
    const looks = events.flatMap((event) => (event.kind === 'watched' ? [event.scores] : []));
    expect(looks).toHaveLength(1);
    // The images of the rank, and those of both sides of the probes.
    expect(counts.map(([, total]) => total)).toEqual([10, 24, 8]);
    for (const [done, total] of counts) expect(done).toBe(total);
    const [look] = looks;
    expect(look).toMatchObject({ kind: 'watch', step: 6, epoch: 2 });
    expect(look?.rankMe).toBeGreaterThan(1);
    expect(look?.rankMe).toBeLessThanOrEqual(10);
    for (const share of [look?.neighbours, look?.linearProbe]) {
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
    }
    // The moments of the optimizer: they are what all gradients have made of them.
    expect(momentsOf('watched').equals(momentsOf('alone'))).toBe(true);
    const lines = readFileSync(join(folder, 'watched/metrics.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(look);
    expect(readRun(join(folder, 'watched'))).toContainEqual({
      tag: 'watch/rankMe',
      step: 6,
      value: Math.fround(look?.rankMe ?? 0),
    });
  });

  test('goes by the features of all commands in a new run, or by those of its recipe', async () => {
    const recipeOf = (name: string) => readFileSync(join(folder, name, 'recipe.yaml'), 'utf8');
    expect(recipeOf('watched')).toMatch(
      /^ {2}stages: \[ 0, 1, 2, 3 \]\n {2}pooling: mean-and-deviation\n/m,
    );
    const chosen = ['watch.stages=[1]', 'watch.pooling=mean'];
    await expect(run('wrong', 'watch.every.epochs=1', 'watch.stages=[4]')).rejects.toThrow(
      'Expected stages out of 0 to 3 for `watch.stages` but got 4.',
    );
    const recipe = parsePretrainRecipe(
      assign(parsePretrainRecipe(swinMicro), chosen.map(parseAssignment)),
    );
    const others = parsePretrainRecipe(swinMicro);
    expect(withWatchedStages(recipe, others).watch).toMatchObject({ stages: [1], pooling: 'mean' });
    expect(withWatchedStages(others, recipe).watch).toMatchObject({ stages: [1], pooling: 'mean' });
    expect(withWatchedStages(others, others).watch).toMatchObject({ stages: [3], pooling: 'mean' });
  });

  test('needs no labels', async () => {
    const events = await run('unlabelled', 'watch.every.epochs=3');
    const look = events.find((event) => event.kind === 'watched');
    expect(look).toMatchObject({ scores: { epoch: 3, neighbours: null, linearProbe: null } });
  });

  test('refuses images without classes, and other classes', async () => {
    const whole = `watch.labelled={train: ${join(folder, 'scenes')}, val: ${val}}`;
    await expect(run('whole', 'watch.every.epochs=1', whole)).rejects.toThrow(
      /^Expected a class for every image of .*scenes but got none for .*\.png\.\n/,
    );
    const [first = ''] = readdirSync(val);
    const fewer = join(folder, 'fewer');
    cpSync(join(val, first), join(fewer, first), { recursive: true });
    const one = `watch.labelled={train: ${fewer}, val: ${val}}`;
    await expect(run('one', 'watch.every.epochs=1', one)).rejects.toThrow(
      `Expected at least two classes in ${fewer} but got only \`${first}\`.`,
    );
    const others = `watch.labelled={train: ${train}, val: ${fewer}}`;
    await expect(run('others', 'watch.every.epochs=1', others)).rejects.toThrow(
      /^Expected the 8 classes of .*train in .*fewer but got them without `.*`\.$/,
    );
  });
});
