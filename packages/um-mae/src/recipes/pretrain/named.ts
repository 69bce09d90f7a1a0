/** Recipes by name, for `--model` and `--recipe`. */
import { type BackboneName, backbonePresets } from '../../backbones/families.js';
import { RecipeError } from '../../errors.js';
import { nearest } from '../values/nearest.js';
import { folderRecipe } from './folder.js';
import { methodNames, methodRecipes } from './methods.js';
import type { PretrainRecipeInput } from './pretrain-recipe.js';
import { publishedRecipes } from './published.js';

/** The model that is pre-trained where none is named. */
export const defaultModel = 'swin-tiny';

/** The models that `--model` takes: a recipe for each preset of a backbone. */
export const modelNames: readonly string[] = Object.keys(backbonePresets);

export const recipeNames: readonly string[] = [...modelNames, ...Object.keys(publishedRecipes)];

/**
 * The recipe of a model for a folder of photos.
 *
 * @throws RecipeError naming the nearest model
 *
 * @example
 * ```ts
 * import { modelNames, modelRecipe } from 'um-mae';
 *
 * console.log(modelNames.includes('pvt-small')); // true
 * console.log(modelRecipe('pvt-small').backbone.kind); // pvt
 * ```
 */
export function modelRecipe(model: string): PretrainRecipeInput {
  if (isModel(model)) return folderRecipe(model);
  const candidate = nearest(model, modelNames);
  const message =
    `Expected a model out of ${modelNames.join(', ')} but got \`${model}\`` +
    (candidate ? `; did you mean \`${candidate}\`?` : '.');
  throw new RecipeError([{ path: 'backbone', message }]);
}

/**
 * The named recipe, if there is one.
 *
 * @example
 * ```ts
 * import { namedRecipe, recipeNames } from 'um-mae';
 *
 * for (const name of recipeNames) console.log(name, namedRecipe(name)?.duration);
 * ```
 */
export function namedRecipe(name: string): PretrainRecipeInput | undefined {
  const published = Object.entries(publishedRecipes).find(([key]) => key === name);
  return published?.[1].recipe ?? (isModel(name) ? folderRecipe(name) : undefined);
}

function isModel(name: string): name is BackboneName {
  return modelNames.includes(name);
}

/**
 * Returns the recipe values that a method changes.
 *
 * @throws RecipeError naming the methods
 */
export function methodRecipe(method: string): Partial<PretrainRecipeInput> {
  const name = methodNames.find((candidate) => candidate === method);
  if (name) return methodRecipes[name];
  const message = `Expected a method out of ${methodNames.join(', ')} but got \`${method}\`.`;
  throw new RecipeError([{ path: 'method', message }]);
}
