import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memory } from '@um-mae/torch';
import { readSafetensors } from '@um-mae/torch/serialization';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { backbonePresets } from '../../backbones/families.js';
import { temporaryFolder } from '../../cli/testing/command-line.js';
import { batchOf } from '../../data/loading/loader.js';
import { writeScenes } from '../../demo/scenes.js';
import type { FinetuneRecipe } from '../../recipes/finetune/finetune-recipe.js';
import { parseFinetuneRecipe, parsePretrainRecipe } from '../../recipes/parse.js';
import { swinMicro } from '../../recipes/pretrain/folder.js';
import { readRecipeFile } from '../../recipes/recipe-file.js';
import { assign, parseAssignment } from '../../recipes/values/assignments.js';
import { Trainer } from '../../training/steps/trainer.js';
import { readRun } from '../../training/tensorboard/testing/read-events.js';
import { ClassificationTask } from '../classification/classification-task.js';
import { pretrainEvents } from '../pretrain/pretrain-events.js';
import { parseResults } from '../results.js';
import { readClassifier } from './classifier.js';
import type { FinetuneEvent } from './events.js';
import { finetuneEvents } from './finetune-events.js';

const folder = temporaryFolder();
const scenes = join(folder, 'scenes');
const image = { height: 32, width: 32 };
const backbone = { ...backbonePresets['swin-micro'], channels: 8, heads: [1, 1, 1, 1] };

beforeAll(() => writeScenes(scenes, { perClass: { train: 3, val: 1 }, seed: 1, size: 40 }));

/** Everything that a run tells. */
async function collect<Event>(events: AsyncIterable<Event>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const machine = (name: string) => ({
  directory: join(folder, name),
  mode: 'create' as const,
  device: 'cpu',
  workers: 1,
  environment: {},
  residentBytes: process.memoryUsage.rss,
  signal: new AbortController().signal,
});

/** 24 images: 2 steps of 2 x 6 an epoch. */
function recipe(...changes: readonly string[]): FinetuneRecipe {
  const data = { train: join(scenes, 'train'), val: join(scenes, 'val') };
  const small = { batchSize: 6, accumulation: 2, duration: { epochs: 2 }, logEvery: 1 };
  const base = { backbone, image, data, from: null, ...small };
  return parseFinetuneRecipe(assign(base, changes.map(parseAssignment)));
}

/** Images that an evaluation has computed, and all of them, as it has told them. */
const counts: [done: number, total: number][] = [];

async function train(name: string, trained: FinetuneRecipe): Promise<FinetuneEvent[]> {
  const onLook = (done: number, total: number) => counts.push([done, total]);
  return collect(finetuneEvents({ ...machine(name), recipe: trained, onLook }));
}

function linesOf(name: string): Record<string, unknown>[] {
  const text = readFileSync(join(folder, name, 'metrics.jsonl'), 'utf8');
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line));
}

describe('finetune', () => {
  test('tells what happens, and leaves a run directory', async () => {
    const events = await train('run', recipe());
    const epoch = ['step', 'step', 'checkpoint', 'epoch', 'evaluated'];
    expect(events.map(({ kind }) => kind)).toEqual(['started', ...epoch, ...epoch, 'finished']);
    expect(counts).toEqual([6, 8, 6, 8].map((done) => [done, 8]));
    expect(events[0]).toMatchObject({ images: 24, classes: readdirSync(join(scenes, 'val')) });
    const entries = readdirSync(join(folder, 'run'), { recursive: true, encoding: 'utf8' });
    expect(
      entries.filter((entry) => /^(checkpoints|images)\/(?!last\/)/.test(entry)).sort(),
    ).toEqual([
      'checkpoints/best',
      'checkpoints/best/model.safetensors',
      'checkpoints/best/state.json',
      'checkpoints/last',
      'checkpoints/step-00000004',
      'checkpoints/step-00000004/model.safetensors',
      'checkpoints/step-00000004/optimizer.safetensors',
      'checkpoints/step-00000004/state.json',
      'images/epoch-0001.png',
      'images/epoch-0002.png',
    ]);
    const tags = readRun(join(folder, 'run')).map(({ tag }) => tag);
    expect(tags).toEqual(expect.arrayContaining(['evaluation/topOne', 'step/loss']));
  });

  test('keeps the names of the classes with the recipe, which runs again', async () => {
    const recorded = await readRecipeFile(join(folder, 'run/recipe.yaml'));
    expect(recorded).toMatchObject({
      task: 'classification',
      head: { kind: 'linear', classes: readdirSync(join(scenes, 'val')) },
    });
    await train('again', parseFinetuneRecipe(recorded));
    const weights = (name: string) =>
      readFileSync(join(folder, name, 'checkpoints/last/model.safetensors'));
    expect(weights('again').equals(weights('run'))).toBe(true);
  });

  test('keeps the weights that scored best', async () => {
    const lines = linesOf('run').filter(({ kind }) => kind === 'evaluation');
    expect(lines).toHaveLength(2);
    const { metadata } = readSafetensors(join(folder, 'run/checkpoints/best/model.safetensors'));
    const best = lines.reduce((a, b) => (Number(b.topOne) > Number(a.topOne) ? b : a));
    expect(best).toMatchObject(JSON.parse(metadata.scores ?? ''));
    expect(readClassifier(join(folder, 'run')).classes).toHaveLength(8);
  });

  test('keeps what those weights get wrong, the worst first, with small pictures', async () => {
    const path = join(folder, 'run/results.json');
    const { step, confusion, mistakes } = parseResults(
      'classification',
      readFileSync(path, 'utf8'),
      path,
    );
    const best = linesOf('run').find((line) => line.kind === 'evaluation' && line.step === step);
    const images = (pairs: typeof confusion) => pairs.reduce((sum, [, , count]) => sum + count, 0);
    expect(images(confusion)).toBe(8);
    const right = confusion.filter(([label, predicted]) => label === predicted);
    expect(images(right) / 8).toBe(best?.topOne);
    expect(mistakes).toHaveLength(8 - images(right));
    const certainties = mistakes.map(({ probabilities }) => probabilities.label);
    expect(certainties).toEqual(certainties.toSorted((a, b) => a - b));
    const [worst] = mistakes;
    const shown = sharp(Buffer.from(worst?.picture ?? '', 'base64'));
    expect(await shown.metadata()).toMatchObject({ format: 'jpeg', width: 40, height: 40 });
    expect(() => parseResults('classification', '{"version": 2}', path)).toThrow(
      /damaged, or of a newer version\.$/,
    );
  });

  test('evaluates averaged weights where there are any', async () => {
    await train('averaged', recipe('averageDecay=0.9'));
    const [best, average, last] = ['best/model', 'last/average', 'last/model'].map((name) =>
      readSafetensors(join(folder, `averaged/checkpoints/${name}.safetensors`))
        .tensors.get('head.weight')
        ?.toArray(),
    );
    const isLater = linesOf('averaged').filter(({ kind }) => kind === 'evaluation');
    const [first, second] = isLater.map(({ topOne }) => Number(topOne));
    if (Number(second) > Number(first)) expect(best).toEqual(average);
    expect(average).not.toEqual(last);
  });

  test('evaluates every so many epochs, and at the end', async () => {
    await train('seldom', recipe('duration={epochs: 3}', 'evaluateEvery.epochs=2'));
    const epochs = linesOf('seldom').filter(({ kind }) => kind === 'evaluation');
    expect(epochs.map(({ epoch }) => epoch)).toEqual([2, 3]);
  });

  test('begins with the encoder of a pre-training run', async () => {
    const { directory } = machine('pretrained');
    const data = { paths: [join(scenes, 'train')] };
    const pretraining = parsePretrainRecipe({
      ...swinMicro,
      backbone,
      image,
      data,
      batchSize: 8,
      duration: { epochs: 1 },
      decoder: { channels: 16, depth: 1, heads: 2 },
    });
    await collect(pretrainEvents({ ...machine('pretrained'), recipe: pretraining }));
    const [started] = await train(
      'from',
      recipe(`from=${directory}`, 'learningRate={peak: 1e-12}'),
    );
    expect(started).toMatchObject({
      fit: { missing: ['fc_norm.weight', 'fc_norm.bias', 'head.weight', 'head.bias'], resized: [] },
    });
    const key = 'blocks.2.mlp.fc1.weight';
    const [before, after] = ['pretrained', 'from'].map((run) => {
      const file = join(folder, run, 'checkpoints/last/model.safetensors');
      return [...(readSafetensors(file).tensors.get(key)?.toArray() ?? [])].map(Number);
    });
    expect(before).toHaveLength(128 * 32);
    const distance = Math.max(
      ...(before ?? []).map((value, i) => Math.abs(value - (after?.[i] ?? 9))),
    );
    expect(distance).toBeLessThan(1e-6);
  });

  test('learns the classes', async () => {
    const changes = [
      'mixing={mixup: 0, cutmix: 0, labelSmoothing: 0}',
      'augmentation={erasing: 0, area: [0.9, 1], flip: 0, randAugment: {operations: 0}}',
    ];
    const quick = [
      'batchSize=8',
      'accumulation=1',
      'duration.epochs=40',
      'learningRate={peak: 0.005}',
    ];
    const learning = recipe(
      ...changes,
      ...quick,
      'dropPath=0',
      'layerDecay=1',
      `data.val=${join(scenes, 'train')}`,
      'evaluateEvery.epochs=40',
      'precision=f32',
    );
    const events = await train('learns', learning);
    const last = events.at(-1);
    expect(last).toMatchObject({ kind: 'finished' });
    if (last?.kind !== 'finished') return;
    expect(last.summary.best?.topOne).toBeGreaterThan(0.6);
    expect(last.summary.best?.perClass).toBeCloseTo(Number(last.summary.best?.topOne), 6);
  });

  test('leaves nothing behind when it cannot begin', async () => {
    const refused = finetuneEvents({
      ...machine('refused'),
      recipe: recipe('head.pooling=class-token'),
    });
    await expect(refused.next()).rejects.toThrow('which has no class token');
    expect(existsSync(join(folder, 'refused'))).toBe(false);
  });
});

describe('ClassificationTask', () => {
  test('does not grow over 200 steps', () => {
    const trained = recipe('head.classes=[a, b, c]');
    const task = new ClassificationTask({ recipe: trained });
    const trainer = new Trainer(task, 'cpu');
    const pixels = Uint8Array.from({ length: 4 * 32 * 32 * 3 }, (_, i) => (i * 37) % 256);
    const step = () => {
      trainer.accumulate(batchOf(pixels, image, [0, 1, 2, 1]));
      trainer.update(1e-4);
    };
    for (let i = 0; i < 20; i++) step();
    const before = memory();
    for (let i = 0; i < 200; i++) step();
    expect(memory().tensors).toBe(before.tensors);
    expect(memory().bytes).toBe(before.bytes);
  });
});
