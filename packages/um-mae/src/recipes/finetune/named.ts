/** Recipes of fine-tuning by name, for `--recipe`. */
import { type NamedFinetuneRecipe, publishedFinetuneRecipes } from './published.js';
import { smallData, smallDataLong } from './small-data.js';

const recipes: Readonly<Record<string, NamedFinetuneRecipe>> = {
  'small-data': smallData,
  'small-data-long': smallDataLong,
  ...Object.fromEntries(
    Object.entries(publishedFinetuneRecipes).map(([name, { recipe }]) => [name, recipe]),
  ),
};

export const finetuneRecipeNames: readonly string[] = Object.keys(recipes);

/** The named recipe, if there is one. */
export function namedFinetuneRecipe(name: string): NamedFinetuneRecipe | undefined {
  return Object.entries(recipes).find(([key]) => key === name)?.[1];
}
