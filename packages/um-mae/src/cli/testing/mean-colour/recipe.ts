/** The toy task: to tell the mean colour of an image. */

import { resolve } from 'node:path';
import { z } from 'zod';
import { backboneOptions } from '../../../backbones/families.js';
import { parseBy } from '../../../recipes/parse.js';
import type { LabelledKind } from '../../../recipes/recipe-kind.js';
import {
  entry,
  evaluateEvery,
  from,
  image,
  maxUnreadable,
  path,
  trainingFields,
} from '../../../recipes/training-recipe.js';

const schema = z.strictObject({
  task: z.literal('mean-colour').default('mean-colour').describe('the task'),
  backbone: backboneOptions.describe('the network'),
  from,
  entry,
  image: image.prefault({}).describe('size of the images'),
  data: z.strictObject({ path: path.describe('images'), maxUnreadable }).describe('the images'),
  ...trainingFields({
    duration: { epochs: 2 },
    warmup: { share: 0 },
    learningRate: 1e-3,
    minimumLearningRate: 0,
    betas: [0.9, 0.999],
    dropPath: 0,
    seeded: 'weights and order',
  }),
  evaluateEvery,
});

export type MeanColourRecipe = z.output<typeof schema>;

export const meanColour: LabelledKind<MeanColourRecipe> = {
  task: 'mean-colour',
  command: 'finetune',
  network: 'colour meter',
  named: {},
  fallback: {},
  partsOf: (path) => ({ path }),
  classesOf: () => [],
  withAbsolutePaths: ({ data, from, ...recipe }) => ({
    ...recipe,
    from: from === null ? null : resolve(from),
    data: { ...data, path: resolve(data.path) },
  }),
  schema,
  parse: (written) => parseBy(schema, written),
  scores: [{ name: 'error', label: 'error', format: 'number' }],
  primaryScore: { name: 'error', isBetter: 'lower' },
};
