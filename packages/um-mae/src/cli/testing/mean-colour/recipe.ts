/** The toy task: to tell the mean colour of an image. */
import { z } from 'zod';
import { backboneOptions } from '../../../backbones/families.js';
import type { RecipeKind } from '../../../recipes/kind.js';
import { parseBy } from '../../../recipes/parse.js';
import { image, maxUnreadable, path, trainingFields } from '../../../recipes/training-recipe.js';

const schema = z.strictObject({
  task: z.literal('mean-colour').default('mean-colour').describe('the task'),
  backbone: backboneOptions.describe('the network'),
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
});

export type MeanColourRecipe = z.output<typeof schema>;

export const meanColour: RecipeKind<MeanColourRecipe> = {
  name: 'mean-colour',
  schema,
  parse: (written) => parseBy(schema, written),
  scores: [{ name: 'error', label: 'error', format: 'number' }],
  primaryScore: { name: 'error', isBetter: 'lower' },
};
