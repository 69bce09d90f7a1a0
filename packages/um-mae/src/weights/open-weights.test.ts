import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Generator, tensor } from '@um-mae/torch';
import { writeSafetensors, writeTorchFile } from '@um-mae/torch/serialization';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../cli/testing/command-line.js';
import { buildObjective } from '../objectives/build.js';
import { parsePretrainRecipe } from '../recipes/parse.js';
import { modelRecipe } from '../recipes/pretrain/named.js';
import { architectureOf, openWeights, pretrainRecipeOf } from './open-weights.js';
import type { WeightsChoice } from './weights-choice.js';

const folder = temporaryFolder();

/** A run with these files below `checkpoints`. */
function runOf(name: string, files: readonly string[]): string {
  for (const file of files) {
    const path = join(folder, name, 'checkpoints', `${file}.safetensors`);
    mkdirSync(dirname(path), { recursive: true });
    writeSafetensors(path, new Map([['weight', tensor([1])]]));
  }
  return join(folder, name);
}

const plain = runOf('plain', ['last/model', 'last/optimizer']);
const averaged = runOf('averaged', ['last/model', 'last/average', 'last/optimizer']);
const scored = runOf('scored', ['last/model', 'last/average', 'last/optimizer', 'best/model']);

describe('openWeights', () => {
  const cases: [string, WeightsChoice | undefined, string, boolean][] = [
    [plain, undefined, 'last/model', true],
    [plain, 'last', 'last/model', true],
    [averaged, undefined, 'last/average', false],
    [averaged, 'average', 'last/average', false],
    [averaged, 'last', 'last/model', true],
    [scored, undefined, 'best/model', false],
    [scored, 'best', 'best/model', false],
    [scored, 'average', 'last/average', false],
    [scored, 'last', 'last/model', true],
  ];

  test.each(cases)('takes from the run %s, asked for %s, %s', (run, choice, name, hasOptimizer) => {
    const { path, optimizer } = openWeights(run, choice);
    expect(path).toBe(join(run, 'checkpoints', `${name}.safetensors`));
    expect(optimizer() !== undefined).toBe(hasOptimizer);
  });

  test('takes the average of a checkpoint, too, and the last where they are asked for', () => {
    const checkpoint = join(averaged, 'checkpoints/last');
    expect(openWeights(checkpoint).path).toBe(join(checkpoint, 'average.safetensors'));
    expect(openWeights(checkpoint, 'last').path).toBe(join(checkpoint, 'model.safetensors'));
  });

  test('says what a run does not have, and that a file has no choice', () => {
    expect(() => openWeights(plain, 'average')).toThrow(
      `Expected average weights in ${plain} but got none.`,
    );
    expect(() => openWeights(averaged, 'best')).toThrow(
      `Expected best weights in ${averaged} but got none.`,
    );
    const nothing = join(folder, 'nothing');
    expect(() => openWeights(nothing, 'last')).toThrow(
      `Expected a run, a checkpoint or a file of weights at ${nothing} but got none of them.`,
    );
    mkdirSync(join(folder, 'begun'));
    writeFileSync(join(folder, 'begun/recipe.yaml'), '');
    expect(() => openWeights(join(folder, 'begun'))).toThrow(
      `Expected a run with a checkpoint in ${folder}/begun but got one that has none.`,
    );
    expect(() => openWeights('https://example.org/weights.pth')).toThrow(
      'but got the address https://example.org/weights.pth.\nDownload them first.',
    );
    const file = join(folder, 'weights.pth');
    writeTorchFile(file, { weight: tensor([1]) });
    for (const path of [file, join(plain, 'checkpoints/last/model.safetensors')]) {
      expect(() => openWeights(path, 'last')).toThrow(
        `Expected a run or a checkpoint, of which to take last weights, but got the file ${path}.`,
      );
    }
  });
});

describe('weights that are open', () => {
  const recipe = parsePretrainRecipe(modelRecipe('swin-micro'));
  const model = buildObjective(recipe, { generator: new Generator(0) });

  test('tell everything of a recipe that is recorded with them', () => {
    const path = join(folder, 'recorded.safetensors');
    writeSafetensors(path, model.state(), { metadata: { recipe: JSON.stringify(recipe) } });
    using weights = openWeights(path);
    expect(weights).toMatchObject({
      path,
      format: 'safetensors',
      choice: undefined,
      extent: 'objective',
      recipe,
      architecture: { backbone: recipe.backbone, image: recipe.image, open: [] },
      inferred: { preset: 'swin-micro', method: 'um-mae' },
    });
    expect(pretrainRecipeOf(weights)).toEqual(recipe);
  });

  test('tell what their shapes show where there is no recipe', () => {
    const path = join(folder, 'bare.pth');
    writeTorchFile(path, { model: model.encoder.state(), note: 'mine' });
    using weights = openWeights(path);
    expect(weights).toMatchObject({
      format: 'pytorch',
      extent: 'encoder',
      recipe: undefined,
      metadata: { note: 'mine' },
      inferred: { preset: 'swin-micro', method: undefined, open: [] },
    });
    expect(architectureOf(weights).backbone).toMatchObject({ kind: 'swin', channels: 32 });
    expect(pretrainRecipeOf(weights).backbone).toEqual(recipe.backbone);
  });

  test('say which of a run they are', () => {
    expect(openWeights(scored).choice).toBe('best');
    expect(openWeights(averaged).choice).toBe('average');
    expect(openWeights(plain).choice).toBe('last');
  });

  test('are of no architecture where they are of another kind of network', () => {
    using weights = openWeights(plain);
    expect(weights.architecture).toBeUndefined();
    expect(() => architectureOf(weights)).toThrow('Expected weights of an encoder');
    expect(() => pretrainRecipeOf(weights)).toThrow('Expected weights of a Swin, PVT or ViT');
  });
});
