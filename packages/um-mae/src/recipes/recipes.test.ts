import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../cli/testing/command-line.js';
import { RecipeError } from '../errors.js';
import { parsePretrainRecipe } from './parse.js';
import { folderRecipe, swinMicro } from './pretrain/folder.js';
import { modelRecipe, namedRecipe, recipeNames } from './pretrain/named.js';
import { pretrainRecipe } from './pretrain/pretrain-recipe.js';
import { publishedRecipes } from './pretrain/published.js';
import { formatRecipe, readRecipeFile } from './recipe-file.js';
import type { Duration } from './schedule/duration.js';
import { resolve } from './schedule/plan.js';
import { assign, parseAssignment } from './values/assignments.js';
import { recipeDifferences } from './values/differences.js';
import { describeRecipe, recipeReference } from './values/reference.js';

/** The message of the error that `body` throws. */
function refusal(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof RecipeError) return error.message;
    throw error;
  }
  return 'accepted';
}

const swinTiny = folderRecipe('swin-tiny');

describe('parsePretrainRecipe', () => {
  test('fills in what is left out', () => {
    const recipe = parsePretrainRecipe(swinTiny);
    expect(recipe.optimizer).toEqual({
      betas: [0.9, 0.95],
      epsilon: 1e-8,
      weightDecay: 0.05,
      maxGradientNorm: null,
    });
    expect(recipe.masking).toEqual({
      kind: 'uniform',
      cell: [2, 2],
      secondaryRatio: 0.25,
      corners: 'independent',
    });
  });

  test('accepts every named recipe', () => {
    for (const name of recipeNames) expect(parsePretrainRecipe(namedRecipe(name))).toBeDefined();
  });

  test.each([
    [
      { optimizer: { weightDecya: 1 } },
      'got `optimizer.weightDecya`; did you mean `optimizer.weightDecay`?',
    ],
    [{ bathcSize: 1 }, 'got `bathcSize`; did you mean `batchSize`?'],
    [{ masking: { corner: 1 } }, 'did you mean `masking.corners`?'],
    [{ image: { q: 1 } }, 'got `image.q`; known are height, width.'],
    [
      { backbone: { ...swinMicro.backbone, depths: [1_000_000_000, 1, 1, 1] } },
      'Expected at most 1024 for `backbone.depths.0` but got 1000000000.',
    ],
    [{ batchSize: 0 }, 'Expected more than 0 for `batchSize` but got 0.'],
    [{ batchSize: 1.5 }, 'Expected a whole number for `batchSize` but got 1.5.'],
    [{ batchSize: 'many' }, 'Expected a number for `batchSize` but got "many".'],
    [{ precision: 'f8' }, 'Expected one of auto, f32, bf16, f16 for `precision` but got "f8".'],
    [
      { duration: { epochs: 1, steps: 2 } },
      'Expected one of {epochs: N}, {steps: N}, {images: N} for `duration`',
    ],
    [
      { augmentation: { area: [1] } },
      'Expected at least 2 items for `augmentation.area` but got [1].',
    ],
    [
      { masking: { secondaryRatio: 1 } },
      'Expected less than 1 for `masking.secondaryRatio` but got 1.',
    ],
    [{ image: 64 }, 'Expected a group of values for `image` but got 64.'],
    [{ seed: Number.NaN }, 'Expected a number for `seed` but got "NaN".'],
    [{ decoder: { channels: 30, heads: 3 } }, 'for `decoder.channels` but got 30.'],
    [{ decoder: { heads: 3 } }, 'Expected a divisor of 512 for `decoder.heads` but got 3.'],
    [
      { decoder: { kind: 'sparse' } },
      'Expected one of dense, cross for `decoder.kind` but got {"kind":"sparse"}.',
    ],
    [
      { decoder: { kind: 'cross', predicted: 0 } },
      'Expected more than 0 for `decoder.predicted` but got 0.',
    ],
    [
      { decoder: { kind: 'cross', heads: 3 } },
      'Expected a divisor of 512 for `decoder.heads` but got 3.',
    ],
    [
      { decoder: { predicted: 0.5 } },
      'got `decoder.predicted`, which belongs to another kind of `decoder`.',
    ],
    [
      { masking: { cell: [1, 1] } },
      'Expected cells of more than one unit for `masking.cell` but got [1,1].',
    ],
    [
      { masking: { kind: 'random', ratio: 0 } },
      'Expected more than 0 for `masking.ratio` but got 0.',
    ],
    [
      { masking: { kind: 'random', cell: [2, 2] } },
      'got `masking.cell`, which belongs to another kind of `masking`; random has ratio, secondaryRatio.',
    ],
    [{ cell: [2, 2] }, 'got `cell`; did you mean `masking.cell`?'],
    [
      { augmentation: { aspect: [2, 1] } },
      'Expected two numbers that do not fall for `augmentation.aspect` but got [2,1].',
    ],
    [
      { augmentation: { area: [0.5, 2] } },
      'Expected shares of up to 1 for `augmentation.area` but got [0.5,2].',
    ],
    [{ data: { paths: [''] } }, 'Expected a path for `data.paths.0` but got "".'],
  ])('refuses %j', (change, sentence) => {
    expect(refusal(() => parsePretrainRecipe({ ...swinTiny, ...change }))).toContain(sentence);
  });

  test('names every issue', () => {
    const wrong = { backbone: { ...swinTiny.backbone, heads: [3] }, seed: -1, sead: 1 };
    expect(refusal(() => parsePretrainRecipe(wrong)).split('\n')).toEqual([
      'Expected 4 numbers, one per stage for `backbone.heads` but got [3].',
      'Expected at least 0 for `seed` but got -1.',
      'Expected a key of the recipe but got `sead`; did you mean `seed`?',
    ]);
  });

  test('refuses a recipe without a backbone', () => {
    expect(refusal(() => parsePretrainRecipe({}))).toBe(
      'Expected a group of values for `backbone` but got nothing.',
    );
  });
});

describe('modelRecipe', () => {
  test('names the first fifty of very many unknown keys', () => {
    const keys = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, 1]));
    const lines = refusal(() => parsePretrainRecipe(keys)).split('\n');
    expect(lines.filter((line) => line.includes('`key'))).toHaveLength(50);
    expect(lines).toContain('Expected keys of the recipe but got 19950 others more.');
  });

  test('names the nearest model', () => {
    expect(refusal(() => modelRecipe('swin-tinny'))).toContain('did you mean `swin-tiny`?');
    expect(refusal(() => modelRecipe('resnet50'))).toMatch(/but got `resnet50`\.$/);
  });
});

describe('assign', () => {
  const recipe = parsePretrainRecipe(swinMicro);
  const changed = (...texts: string[]) =>
    parsePretrainRecipe(assign(recipe, texts.map(parseAssignment)));

  test('sets single values, lists and groups', () => {
    const after = changed('optimizer.weightDecay=0.1', 'backbone.depths=[1, 1, 1, 1]', 'seed=7');
    expect(recipeDifferences(recipe, after)).toEqual([
      { path: 'backbone.depths', left: [1, 1, 2, 1], right: [1, 1, 1, 1] },
      { path: 'optimizer.weightDecay', left: 0.05, right: 0.1 },
      { path: 'seed', left: 0, right: 7 },
    ]);
  });

  test('keeps the sizes of a decoder for one of another kind', () => {
    const { decoder } = changed('decoder.predicted=0.5', 'decoder.kind=cross', 'decoder.depth=2');
    expect(decoder).toEqual({
      ...recipe.decoder,
      kind: 'cross',
      depth: 2,
      predicted: 0.5,
      positions: undefined,
    });
  });

  test('replaces a learning rate that grows with the step by one that does not, and back', () => {
    expect(assign({ seed: 1 }, [{ path: 'epochs', value: 5 }])).toEqual({ seed: 1, epochs: 5 });
    const grown = assign({ learningRate: { base: 1 } }, [{ path: 'learningRate.peak', value: 2 }]);
    expect(grown).toEqual({ learningRate: { peak: 2 } });
    const base = [{ path: 'learningRate.base', value: 1 }];
    expect(assign(grown, base)).toEqual({ learningRate: { base: 1 } });
  });

  test('replaces a duration by one in another unit', () => {
    expect(changed('duration.steps=100').duration).toEqual({ steps: 100 });
  });

  test('begins another kind with its own defaults, wherever it stands', () => {
    const masking = { kind: 'random', ratio: 0.75, secondaryRatio: 0.5 };
    const values = ['masking.kind=random', 'masking.secondaryRatio=0.5'];
    expect(changed(...values).masking).toEqual(masking);
    expect(changed(...values.toReversed()).masking).toEqual(masking);
    expect(changed('masking.kind=uniform').masking).toEqual(recipe.masking);
  });

  test('leaves unknown paths to the schema', () => {
    expect(refusal(() => changed('seed.x=1'))).toContain('for `seed` but got {"x":1}');
    expect(refusal(() => changed('__proto__.x=1'))).toContain('but got `__proto__`');
    expect(refusal(() => changed('epochs=5'))).toMatch(
      /^Expected a key of the recipe but got `epochs`; did you mean `duration\.epochs` or /,
    );
  });

  test.each([
    ['seed', 'Expected path=value for --set but got `seed`.'],
    ['=3', 'Expected path=value for --set but got `=3`.'],
    ['seed=[1', 'Expected a YAML value for `seed` but got `[1`.'],
  ])('refuses %s', (text, sentence) => {
    expect(refusal(() => parseAssignment(text))).toBe(sentence);
  });
});

describe('published recipes', () => {
  test.each(Object.entries(publishedRecipes))('%s makes steps of 4096 images', (_, { recipe }) => {
    const parsed = parsePretrainRecipe(recipe);
    const plan = resolve(parsed, { images: 1_281_167 });
    expect(plan.imagesPerStep).toBe(4096);
    expect(plan.peakLearningRate).toBeCloseTo(2.4e-3);
    // Eight devices have whole batches.
    expect(parsed.accumulation % 8).toBe(0);
  });
});

describe('resolve', () => {
  test('scales the learning rate with the images of a step', () => {
    const plan = resolve(parsePretrainRecipe(publishedRecipes['swin-tiny-um-200e'].recipe), {
      images: 1_281_167,
    });
    expect(plan).toMatchObject({
      batchesPerEpoch: 10_009,
      stepsPerEpoch: 312,
      imagesPerStep: 4096,
      steps: 62_400,
      warmupSteps: 3120,
      peakLearningRate: 2.4e-3,
    });
  });

  test('has a hundred lines of metrics, where a run has as many steps', () => {
    const linesOf = (steps: number, logEvery: number | null = null) => {
      const recipe = parsePretrainRecipe({ ...swinMicro, duration: { steps }, logEvery });
      return Math.floor(steps / resolve(recipe, { images: 1000 }).logSteps);
    };
    expect([36, 100, 150, 1000].map((steps) => linesOf(steps))).toEqual([36, 100, 150, 100]);
    for (const steps of [199, 12_345, 1e6]) expect(linesOf(steps)).toBeGreaterThanOrEqual(100);
    expect(linesOf(1000, 500)).toBe(2);
  });

  test('counts a run in steps or images too', () => {
    const recipe = parsePretrainRecipe({ ...swinMicro, batchSize: 10 });
    const stepsOf = (duration: Duration) => resolve({ ...recipe, duration }, { images: 55 }).steps;
    expect(stepsOf({ images: 95 })).toBe(10);
    expect(stepsOf({ epochs: 1.5 })).toBe(8);
    expect(stepsOf({ steps: 7 })).toBe(7);
  });

  test('refuses fewer images than a step needs, and a warm-up that outlasts the run', () => {
    const recipe = parsePretrainRecipe({ ...swinMicro, accumulation: 2, warmup: { epochs: 300 } });
    expect(() => resolve(recipe, { images: 63 })).toThrow('Expected at least 64 images');
    expect(() => resolve(recipe, { images: 64 })).toThrow(
      'Expected `warmup` within the run of 200',
    );
  });
});

describe('recipe files', () => {
  test('give back the recipe that was written', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'recipe.yaml');
    const recipe = parsePretrainRecipe(swinTiny);
    await writeFile(path, formatRecipe(recipe, ['A remark']));
    expect(parsePretrainRecipe(await readRecipeFile(path))).toEqual(recipe);
  });

  test('refuse what is no YAML, no recipe, or not there', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'recipe.yaml');
    await expect(readRecipeFile(path)).rejects.toThrow('but got: no such file or directory.');
    await writeFile(path, 'a: [1');
    await expect(readRecipeFile(path)).rejects.toThrow(/^Expected YAML in .* but got: /);
    await writeFile(path, '3');
    await expect(readRecipeFile(path)).rejects.toThrow('but got 3.');
  });
});

describe('recipeReference', () => {
  test('describes every value', () => {
    const entries = recipeReference(pretrainRecipe);
    expect(entries.filter(({ description }) => description === '').map(({ path }) => path)).toEqual(
      [],
    );
    expect(describeRecipe(pretrainRecipe, 'optimizer.weightDecay')).toBe(
      'weight decay, except on biases and 1-D parameters',
    );
  });
});
