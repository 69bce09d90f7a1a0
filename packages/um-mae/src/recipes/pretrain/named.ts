/** Recipes by name, for `--model` and `--recipe`. */
import { type BackboneName, backbonePresets } from '../../backbones/families.js';
import { RecipeError } from '../../errors.js';
import { nearest } from '../nearest.js';
import type { PretrainRecipeInput } from '../pretrain-recipe.js';
import * as folder from './folder.js';
import { methodNames, methodRecipes } from './methods.js';
import { publishedRecipes } from './published.js';

const modelRecipes: Readonly<Record<BackboneName, PretrainRecipeInput>> = {
  'swin-micro': folder.swinMicro,
  'swin-tiny': folder.swinTiny,
  'swin-small': folder.swinSmall,
  'swin-base': folder.swinBase,
  'swin-large': folder.swinLarge,
  'pvt-micro': folder.pvtMicro,
  'pvt-tiny': folder.pvtTiny,
  'pvt-small': folder.pvtSmall,
  'pvt-medium': folder.pvtMedium,
  'pvt-large': folder.pvtLarge,
  'vit-small': folder.vitSmall,
  'vit-base': folder.vitBase,
  'vit-large': folder.vitLarge,
  'vit-huge': folder.vitHuge,
};

export const modelNames: readonly string[] = Object.keys(backbonePresets);

export const recipeNames: readonly string[] = [...modelNames, ...Object.keys(publishedRecipes)];

/**
 * The recipe of a model for a folder of photos.
 *
 * @throws RecipeError naming the nearest model
 */
export function modelRecipe(model: string): PretrainRecipeInput {
  const named = Object.entries(modelRecipes).find(([name]) => name === model);
  if (named) return named[1];
  const candidate = nearest(model, modelNames);
  const message =
    `Expected a model out of ${modelNames.join(', ')} but got \`${model}\`` +
    (candidate ? `; did you mean \`${candidate}\`?` : '.');
  throw new RecipeError([{ path: 'backbone', message }]);
}

/** The named recipe, if there is one. */
export function namedRecipe(name: string): PretrainRecipeInput | undefined {
  const published = Object.entries(publishedRecipes).find(([key]) => key === name);
  return published?.[1].recipe ?? Object.entries(modelRecipes).find(([key]) => key === name)?.[1];
}

/**
 * What a method changes in a recipe.
 *
 * @throws RecipeError naming the methods
 */
export function methodRecipe(method: string): Partial<PretrainRecipeInput> {
  const name = methodNames.find((candidate) => candidate === method);
  if (name) return methodRecipes[name];
  const message = `Expected a method out of ${methodNames.join(', ')} but got \`${method}\`.`;
  throw new RecipeError([{ path: 'method', message }]);
}
