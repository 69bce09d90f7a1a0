/** Recipes by name, for `--model` and `--recipe`. */
import { type BackboneName, backbonePresets } from '../../backbones/presets.js';
import { RecipeError } from '../../errors.js';
import { nearest } from '../nearest.js';
import type { PretrainRecipeInput } from '../pretrain-recipe.js';
import * as folder from './folder.js';
import { swinLargeImagenet, swinTinyImagenet } from './imagenet.js';

const modelRecipes: Readonly<Record<BackboneName, PretrainRecipeInput>> = {
  'swin-micro': folder.swinMicro,
  'swin-tiny': folder.swinTiny,
  'swin-small': folder.swinSmall,
  'swin-base': folder.swinBase,
  'swin-large': folder.swinLarge,
  'pvt-tiny': folder.pvtTiny,
  'pvt-small': folder.pvtSmall,
  'pvt-medium': folder.pvtMedium,
  'pvt-large': folder.pvtLarge,
  'vit-small': folder.vitSmall,
  'vit-base': folder.vitBase,
  'vit-large': folder.vitLarge,
  'vit-huge': folder.vitHuge,
};

const publishedRecipes: Readonly<Record<string, PretrainRecipeInput>> = {
  'swin-tiny-imagenet': swinTinyImagenet,
  'swin-large-imagenet': swinLargeImagenet,
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
  return { ...modelRecipes, ...publishedRecipes }[name];
}
