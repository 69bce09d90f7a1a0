/** Pre-training and fine-tuning in one call each, as a program of a user's makes them. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { engine } from '@um-mae/torch';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../cli/testing/command-line.js';
import { writeScenes } from '../../demo/scenes.js';
import { RecipeError } from '../../errors.js';
import { parsePretrainRecipe } from '../../recipes/parse.js';
import { readRecipeFile } from '../../recipes/recipe-file.js';
import { finetune } from '../finetune/finetune.js';
import type { PretrainEvent } from './events.js';
import { pretrain } from './pretrain.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const small = {
  image: { height: 32, width: 32 },
  batchSize: 8,
  workers: 1,
  set: { 'backbone.channels': 8, 'backbone.heads': [1, 1, 1, 1], 'decoder.channels': 16 },
};

beforeAll(() => writeScenes(at('data'), { perClass: { train: 2, val: 1 }, seed: 1, size: 40 }));

describe('pretrain', () => {
  test('takes images, a model and a place, and leaves a run', async () => {
    const events: PretrainEvent[] = [];
    const onEvent = (event: PretrainEvent) => {
      events.push(event);
    };
    const out = at('first');
    const model = 'swin-micro';
    const summary = await pretrain({
      data: at('data/train'),
      model,
      out,
      ...small,
      epochs: 1,
      precision: 'auto',
      onEvent,
    });
    expect(summary).toMatchObject({ task: 'pretrain', directory: out, step: 2, best: null });
    const kinds = events.map(({ kind }) => kind);
    expect(kinds).toEqual(['started', 'step', 'step', 'checkpoint', 'epoch', 'finished']);
    const environment = JSON.parse(readFileSync(join(out, 'environment.json'), 'utf8'));
    expect(environment).toMatchObject({
      layout: 1,
      device: 'cpu',
      workers: 1,
      cores: expect.any(Number),
      versions: { node: process.versions.node, libtorch: expect.any(String) },
    });
    expect(await readRecipeFile(join(out, 'recipe.yaml'))).toMatchObject({
      duration: { epochs: 1 },
      batchSize: 8,
      decoder: { channels: 16 },
      data: { paths: [at('data/train')] },
      // The decision is recorded, so that the run goes on in it.
      precision: engine().isFastInHalf ? 'bf16' : 'f32',
    });
  });

  test('goes on with a run, and waits for what hears of it', async () => {
    let waited = 0;
    const onEvent = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      waited++;
    };
    const controller = new AbortController();
    controller.abort();
    const { signal } = controller;
    const data = [at('data')];
    const options = { data, model: 'swin-micro', out: at('stopped'), ...small, steps: 2 };
    expect(await pretrain({ ...options, signal })).toMatchObject({ step: 0 });
    const resumed = await pretrain({ out: at('stopped'), mode: 'resume', workers: 1, onEvent });
    expect(resumed).toMatchObject({ step: 2 });
    expect(waited).toBeGreaterThan(3);
  });

  test('takes a recipe itself, too', async () => {
    const recipe = parsePretrainRecipe(await readRecipeFile(at('first/recipe.yaml')));
    const summary = await pretrain({ recipe, steps: 1, out: at('recipe'), workers: 1 });
    expect(summary).toMatchObject({ step: 1 });
  });

  test('refuses wrong values with every issue, and leaves nothing', async () => {
    const wrong = { data: at('data'), out: at('wrong'), bachSize: 8, seed: -1 };
    const refused = await pretrain(wrong).catch((error) => error);
    expect(refused).toBeInstanceOf(RecipeError);
    expect(refused.issues.map(({ path }: { path: string }) => path).sort()).toEqual([
      ...['bachSize', 'seed'],
    ]);
    expect(refused.message).toContain('did you mean `batchSize`?');
    expect(existsSync(at('wrong'))).toBe(false);
    await expect(pretrain({ mode: 'resume' })).rejects.toThrow(
      'Expected the run to resume as `out` but got none.',
    );
  });
});

describe('finetune', () => {
  const values = { batchSize: 8, epochs: 1, workers: 1, image: { height: 32, width: 32 } };

  test('takes weights, images with classes and a place, and leaves a classifier', async () => {
    const out = at('classes');
    const summary = await finetune({ from: at('first'), data: at('data'), out, ...values });
    expect(summary).toMatchObject({
      command: 'finetune',
      task: 'classification',
      step: 2,
      best: { images: 8 },
    });
    const recipe = await readRecipeFile(join(out, 'recipe.yaml'));
    expect(recipe).toMatchObject({ from: at('first'), data: { val: at('data/val') } });
  });

  test('begins from scratch where it is told to', async () => {
    const data = { train: at('data/train'), val: at('data/val') };
    const model = 'swin-micro';
    const scratch = { from: null, model, data, out: at('scratch'), ...values, steps: 1 };
    expect(await finetune({ ...scratch, epochs: undefined })).toMatchObject({ step: 1 });
  });

  test('refuses what does not say what to begin with', async () => {
    const refused = finetune({ data: at('data'), model: 'swin-micro', out: at('none'), ...values });
    await expect(refused).rejects.toThrow('for `from` but got nothing');
    expect(existsSync(at('none'))).toBe(false);
  });
});
