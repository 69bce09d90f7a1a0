/** Recipes of classification by name, for `--recipe`. */
import { type NamedFinetuneRecipe, publishedFinetuneRecipes } from './published.js';
import { smallData, smallDataLong } from './small-data.js';

/** Every recipe of classification that has a name. */
export const namedClassification: Readonly<Record<string, NamedFinetuneRecipe>> = {
  'small-data': smallData,
  'small-data-long': smallDataLong,
  ...Object.fromEntries(
    Object.entries(publishedFinetuneRecipes).map(([name, { recipe }]) => [name, recipe]),
  ),
};

export const finetuneRecipeNames: readonly string[] = Object.keys(namedClassification);

/**
 * The named recipe, if there is one.
 *
 * @example
 * ```ts
 * import { finetuneRecipeNames, namedFinetuneRecipe } from 'um-mae';
 *
 * for (const name of finetuneRecipeNames) console.log(name, namedFinetuneRecipe(name)?.duration);
 * ```
 */
export function namedFinetuneRecipe(name: string): NamedFinetuneRecipe | undefined {
  return Object.entries(namedClassification).find(([key]) => key === name)?.[1];
}
