import { readdirSync, readFileSync, realpathSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder, writeImages } from '../../cli/testing/command-line.js';
import { parsePretrainRecipe } from '../../recipes/parse.js';
import { swinMicro } from '../../recipes/pretrain/folder.js';
import type { PretrainRecipe } from '../../recipes/pretrain/pretrain-recipe.js';
import { readRecipeFile } from '../../recipes/recipe-file.js';
import { assign, parseAssignment } from '../../recipes/values/assignments.js';
import { readRun } from '../../training/tensorboard/testing/read-events.js';
import type { PretrainEvent } from './events.js';
import { pretrainEvents } from './pretrain-events.js';

const folder = temporaryFolder();
const data = join(folder, 'data');

beforeAll(() => writeImages(data, 2));

/** A small model on 16 images: 2 steps of 2 x 3 an epoch, and 4 images left over. */
function recipe(...changes: readonly string[]): PretrainRecipe {
  const small = [
    ...['image={height: 32, width: 32}', 'backbone.channels=8', 'backbone.heads=[1, 1, 1, 1]'],
    ...['decoder.channels=16', 'batchSize=3', 'accumulation=2', 'duration.epochs=2', 'logEvery=3'],
  ];
  const assignments = [`data.paths=[${data}]`, ...small, ...changes].map(parseAssignment);
  return parsePretrainRecipe(assign(parsePretrainRecipe(swinMicro), assignments));
}

async function train(name: string, trained: PretrainRecipe): Promise<PretrainEvent[]> {
  const events: PretrainEvent[] = [];
  for await (const event of pretrainEvents({
    recipe: trained,
    directory: join(folder, name),
    mode: 'create',
    device: 'cpu',
    workers: 1,
    environment: { machine: 'mine' },
    residentBytes: process.memoryUsage.rss,
    signal: new AbortController().signal,
  })) {
    events.push(event);
  }
  return events;
}

function linesOf(name: string): Record<string, unknown>[] {
  const text = readFileSync(join(folder, name, 'metrics.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function weightsOf(name: string): string {
  return readFileSync(join(folder, name, 'checkpoints/last/model.safetensors'), 'base64');
}

describe('pretrain', () => {
  test('tells what happens, and leaves a run directory', async () => {
    const events = await train(
      'run',
      recipe('checkpoints.keepEpochs=1', 'checkpoints.every.steps=1'),
    );
    expect(events.map(({ kind }) => kind)).toEqual([
      'started',
      ...['step', 'checkpoint', 'step', 'checkpoint', 'epoch'],
      ...['step', 'checkpoint', 'step', 'checkpoint', 'epoch'],
      'finished',
    ]);
    const entries = readdirSync(join(folder, 'run'), { recursive: true, encoding: 'utf8' });
    const named = entries.map((entry) => entry.replace(/^(events\.out\.tfevents)\..*/, '$1'));
    expect(named.filter((entry) => !entry.includes('last/')).sort()).toEqual([
      'checkpoints',
      ...['epoch-0001', 'epoch-0002'].flatMap((name) => [
        `checkpoints/${name}`,
        `checkpoints/${name}/model.safetensors`,
        `checkpoints/${name}/optimizer.safetensors`,
        `checkpoints/${name}/state.json`,
      ]),
      'checkpoints/last',
      'environment.json',
      'events.out.tfevents',
      'images',
      'images/epoch-0001.png',
      'images/epoch-0002.png',
      'metrics.jsonl',
      'recipe.yaml',
      'skipped.jsonl',
    ]);
    expect(realpathSync(join(folder, 'run/checkpoints/last'))).toMatch(/epoch-0002$/);
    const written = await readRecipeFile(join(folder, 'run/recipe.yaml'));
    expect(written).toMatchObject({ seed: 0, backbone: { channels: 8, heads: [1, 1, 1, 1] } });
  });

  test('logs the first step, every third, the last one, and every epoch', async () => {
    await train('logged', recipe());
    const lines = linesOf('logged');
    expect(lines.map(({ kind, step, epoch }) => [kind, step, epoch])).toEqual([
      ['step', 1, 0.5],
      ['epoch', 2, 1],
      ['step', 3, 1.5],
      ['step', 4, 2],
      ['epoch', 4, 2],
    ]);
    for (const line of lines) {
      expect(Object.values(line).slice(1)).toSatisfy((values: unknown[]) =>
        values.every(Number.isFinite),
      );
    }
  });

  test('writes the same for TensorBoard', () => {
    const expected = linesOf('logged').flatMap(({ kind, step, ...numbers }) =>
      Object.entries(numbers).map(([name, value]) => ({
        tag: `${kind}/${name}`,
        step,
        value: Math.fround(Number(value)),
      })),
    );
    expect(readRun(join(folder, 'logged'))).toEqual(expected);
  });

  test('gives the same weights for the same seed, and others for another', async () => {
    await train('again', recipe());
    await train('seeded', recipe('seed=1'));
    expect(weightsOf('again')).toBe(weightsOf('logged'));
    expect(weightsOf('seeded')).not.toBe(weightsOf('logged'));
  });

  test('ends in the middle of an epoch when the duration says so', async () => {
    const events = await train('short', recipe('duration.steps=3'));
    expect(events.at(-1)).toMatchObject({ kind: 'finished', summary: { step: 3 } });
    expect(linesOf('short').at(-1)).toMatchObject({ kind: 'epoch', step: 3, epoch: 1.5 });
    expect(readdirSync(join(folder, 'short/images'))).toEqual(['epoch-0001.png', 'epoch-0002.png']);
  });

  test('trains on plain pixels, with clipped gradients, without secondary masking', async () => {
    const settings = ['optimizer.maxGradientNorm=0.01', 'normPixels=false'];
    const events = await train('plain', recipe(...settings, 'masking.secondaryRatio=0'));
    expect(events.at(-1)).toMatchObject({ kind: 'finished', summary: { step: 4 } });
  });

  test.each(['f32', 'bf16'])('lowers the loss in %s', async (precision) => {
    await train(
      `longer-${precision}`,
      recipe(`precision=${precision}`, 'duration.epochs=12', 'learningRate.peak=0.003'),
    );
    const epochs = linesOf(`longer-${precision}`).filter(({ kind }) => kind === 'epoch');
    expect(Number(epochs.at(-1)?.loss)).toBeLessThan(0.97 * Number(epochs[0]?.loss));
  });

  test('passes over batches of which no image can be read', async () => {
    const broken = join(folder, 'broken');
    await writeImages(broken, 2);
    const paths = readdirSync(broken, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.png'))
      .map((path) => join(broken, path));
    for (const path of paths.slice(1)) truncateSync(path, 0);

    const allowed = recipe(`data.paths=[${broken}]`, 'data.maxUnreadable=1', 'batchSize=1');
    const events = await train('skipping', allowed);
    expect(events.filter(({ kind }) => kind === 'skipped')).toHaveLength(15);
    expect(events.at(-1)).toMatchObject({ kind: 'finished', summary: { step: 16 } });
    expect(linesOf('skipping').filter(({ loss }) => loss === null).length).toBeGreaterThan(0);
  });
});
