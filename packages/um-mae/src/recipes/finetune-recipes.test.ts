import { describe, expect, test } from 'vitest';
import type { HeadPooling } from '../backbones/pooled-stages.js';
import { RecipeError } from '../errors.js';
import { composeFinetuneRecipe, type FinetuneRequest } from './finetune/compose-finetune.js';
import { finetuneRecipeNames, namedFinetuneRecipe } from './finetune/named.js';
import { smallData } from './finetune/small-data.js';
import { kindOf } from './kind.js';
import { migrateRecipe, movedValues } from './migrate.js';
import { parseFinetuneRecipe, parsePretrainRecipe } from './parse.js';
import { modelRecipe } from './pretrain/named.js';
import { resolve } from './schedule/plan.js';
import { parseAssignment } from './values/assignments.js';

const { backbone } = modelRecipe('swin-micro');
const data = { train: 'train', val: 'val' };
const assignments = ['from=null', 'data={train: train, val: val}'].map(parseAssignment);

async function refusal(request: Parameters<typeof composeFinetuneRecipe>[0]): Promise<string> {
  return composeFinetuneRecipe(request).then(
    () => 'accepted',
    (error) => {
      expect(error).toBeInstanceOf(RecipeError);
      return error.message;
    },
  );
}

describe('parseFinetuneRecipe', () => {
  test('fills in the published settings', () => {
    expect(parseFinetuneRecipe({ backbone, from: null, data })).toMatchObject({
      task: 'classification',
      head: { kind: 'linear', pooling: 'mean', classes: [], new: false },
      minimumLearningRate: 1e-6,
      learningRate: { base: 5e-4 },
      optimizer: { betas: [0.9, 0.999], weightDecay: 0.05 },
      augmentation: {
        randAugment: { operations: 2, magnitude: 9, magnitudeDeviation: 0.5, increasing: true },
        erasing: 0.25,
      },
      mixing: { mixup: 0.8, cutmix: 1, probability: 1, cutmixShare: 0.5, labelSmoothing: 0.1 },
    });
  });

  test('accepts every named recipe', () => {
    for (const name of finetuneRecipeNames) {
      const named = { backbone, ...namedFinetuneRecipe(name), from: null, data };
      expect(parseFinetuneRecipe(named)).toBeDefined();
    }
  });

  test('names what is missing, wrong or misspelt', () => {
    const wrong = { backbone, data: { train: 'a' }, layerDecya: 1, dropPath: 1 };
    expect(() => parseFinetuneRecipe(wrong)).toThrow(
      [
        'Expected a text for `from` but got nothing.',
        'Expected a text for `data.val` but got nothing.',
        'Expected less than 1 for `dropPath` but got 1.',
        'Expected a key of the recipe but got `layerDecya`; did you mean `layerDecay`?',
      ].join('\n'),
    );
  });
});

describe('published recipes', () => {
  test.each(finetuneRecipeNames.filter((name) => !name.startsWith('small-data')))(
    '%s takes steps of 1024 images at the published rate',
    (name) => {
      const recipe = parseFinetuneRecipe({
        backbone,
        ...namedFinetuneRecipe(name),
        from: null,
        data,
      });
      const plan = resolve(recipe, { images: 1_281_167 });
      expect(plan).toMatchObject({ imagesPerStep: 1024, peakLearningRate: 5e-4 * 4 });
      expect(plan.steps / plan.stepsPerEpoch).toBe(100);
      expect(plan.warmupSteps / plan.stepsPerEpoch).toBe(5);
    },
  );
});

describe('composeFinetuneRecipe', () => {
  test('takes model and image size of the weights, for small data', async () => {
    const weights = { backbone, image: { height: 64, width: 64 }, open: [] };
    const recipe = await composeFinetuneRecipe({ weights, assignments });
    expect(recipe).toMatchObject({
      backbone,
      image: weights.image,
      batchSize: smallData.batchSize,
    });
  });

  test('keeps what the head of the weights reads, but for a new head or a recipe of the user', async () => {
    const pooling = async (request: Partial<FinetuneRequest>, headPooling?: HeadPooling) => {
      const weights = { backbone, open: [], headPooling };
      const recipe = await composeFinetuneRecipe({ weights, assignments, ...request });
      return recipe.task === 'classification' ? recipe.head.pooling : undefined;
    };
    const own = { task: 'classification', head: { pooling: 'mean-and-deviation' } };
    const set = (text: string) => ({ assignments: [...assignments, parseAssignment(text)] });
    expect(await pooling({})).toBe('mean-and-deviation');
    expect(await pooling({}, 'mean')).toBe('mean');
    expect(await pooling({ recipe: 'small-data-long' }, 'mean')).toBe('mean');
    expect(await pooling({ recipe: own }, 'mean')).toBe('mean-and-deviation');
    expect(await pooling(set('head.new=true'), 'mean')).toBe('mean-and-deviation');
    expect(await pooling(set('head.pooling=class-token'), 'mean')).toBe('class-token');
  });

  test('lets a recipe tell the image, and the model that is named the backbone', async () => {
    const weights = { backbone, image: { height: 64, width: 64 }, open: [] };
    const published = { recipe: 'swin-tiny-finetune-100e', weights, assignments };
    const recipe = await composeFinetuneRecipe(published);
    expect(recipe).toMatchObject({ backbone: { channels: 96 }, image: { height: 256 } });
    const other = await composeFinetuneRecipe({ ...published, model: 'swin-small' });
    expect(other).toMatchObject({ backbone: { depths: [2, 2, 18, 2] }, image: { height: 256 } });
  });

  test('refuses a recipe without a model, and names the nearest recipe', async () => {
    expect(await refusal({ assignments })).toBe(
      'Expected a model but neither weights nor recipe give one; name it by --model.',
    );
    const weights = { backbone, open: ['backbone.heads'] };
    expect(await refusal({ weights, assignments })).toBe(
      'Expected weights of a known model but got a swin of other sizes, which do not determine backbone.heads.\nGive each by --set path=value, or all by --model.',
    );
    const complete = [...assignments, parseAssignment('backbone.heads=[1, 2, 4, 8]')];
    expect(await refusal({ weights, assignments: complete })).toBe('accepted');
    expect(await refusal({ recipe: 'smal-data', assignments })).toMatch(
      /did you mean `small-data`\?$/,
    );
  });
});

describe('kindOf', () => {
  test('tells recipes of either task apart', () => {
    const finetuning = parseFinetuneRecipe({ backbone, from: null, data });
    expect(kindOf(finetuning).task).toBe('classification');
    expect(kindOf(parsePretrainRecipe({ backbone })).task).toBe('pretrain');
  });

  test('takes a recorded recipe without a task for one of pre-training, as they once were', () => {
    const { task, ...recorded } = parsePretrainRecipe({ backbone });
    expect(task).toBe('pretrain');
    expect(kindOf(recorded).task).toBe('pretrain');
  });

  test('refuses a task that nobody knows', () => {
    expect(() => kindOf({ task: 'colours' })).toThrow(
      'Expected one of pretrain, classification, segmentation, detection, instances for `task` but got "colours".',
    );
  });
});

describe('recipes of earlier versions', () => {
  const earlier = {
    task: 'classification',
    headPooling: 'mean',
    newHead: true,
    classes: ['cat', 'dog'],
    augmentation: { flip: 0, mixup: 0, mixProbability: 0.5, labelSmoothing: 0 },
  };

  test('have their values where they are now', () => {
    expect(migrateRecipe(earlier)).toEqual({
      task: 'classification',
      head: { pooling: 'mean', new: true, classes: ['cat', 'dog'] },
      augmentation: { flip: 0 },
      mixing: { mixup: 0, probability: 0.5, labelSmoothing: 0 },
    });
  });

  test('stay as they are once that is done', () => {
    const recipe = parseFinetuneRecipe({ backbone, from: null, data });
    expect(migrateRecipe(recipe)).toEqual(recipe);
    expect(parseFinetuneRecipe({ ...migrateRecipe(earlier), backbone, from: null, data })).toEqual(
      expect.objectContaining({ head: { ...recipe.head, new: true, classes: ['cat', 'dog'] } }),
    );
  });

  test.each(Object.entries(movedValues))(
    '%s is refused as a single value: it is %s',
    async (from, to) => {
      const wrong = [...assignments, { path: from, value: 0 }];
      expect(await refusal({ weights: { backbone, open: [] }, assignments: wrong })).toContain(
        `Expected \`${to}\` but got \`${from}\`, its name of before.`,
      );
    },
  );
});
