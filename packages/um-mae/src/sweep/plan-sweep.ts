/** Checks a sweep before its first run. */
import { UmMaeError } from '../errors.js';
import { checkBudget } from '../recipes/budget/check-budget.js';
import { composeRecipe } from '../recipes/compose.js';
import { kindOf, labelledKinds, pretraining } from '../recipes/kind.js';
import { namedRecipe, recipeNames } from '../recipes/pretrain/named.js';
import type { PretrainRecipe } from '../recipes/pretrain/pretrain-recipe.js';
import { readRecipeFile } from '../recipes/recipe-file.js';
import { nearest } from '../recipes/values/nearest.js';
import type { Setting } from './grid.js';

/** The command that trains a recipe, and the task that it names. */
export interface SweptRecipe {
  readonly task: string;
  readonly command: 'pretrain' | 'finetune';
}

/**
 * Finds the task of a recipe.
 *
 * @param recipe a YAML file, or the name of a recipe of any task
 * @throws RecipeError when there is none
 */
export async function sweptRecipe(recipe: string): Promise<SweptRecipe> {
  if (namedRecipe(recipe)) return { task: pretraining.task, command: 'pretrain' };
  const labelled = labelledKinds.find(({ named }) => Object.hasOwn(named, recipe));
  if (labelled) return { task: labelled.task, command: labelled.command };
  if (/\.(ya?ml|json)$/.test(recipe)) return kindOf(await readRecipeFile(recipe));
  const names = [...recipeNames, ...labelledKinds.flatMap(({ named }) => Object.keys(named))];
  const candidate = nearest(recipe, names);
  throw new UmMaeError(
    'recipe',
    `Expected a YAML file or the name of a recipe but got \`${recipe}\`${candidate ? `; did you mean \`${candidate}\`?` : '.'}`,
  );
}

/** A recipe that is swept, and the weights that its runs begin with, where they are named beside it. */
interface SweptRuns extends SweptRecipe {
  readonly from: string | undefined;
}

/** A setting, and its recipe where that is known before the run. */
export interface CheckedSetting extends Setting {
  readonly recipe: PretrainRecipe | undefined;
}

/**
 * Checks the recipe of every setting of pre-training, before hours have gone into the first ones. Of
 * runs that begin with weights the network is known only when those are read, and with a budget of
 * time the rest only when it is chosen.
 *
 * @throws RecipeError with every issue of the first setting that has some
 */
export async function checkSettings(
  name: string,
  { command, from, hasBudget }: SweptRuns & { readonly hasBudget: boolean },
  settings: readonly Setting[],
): Promise<CheckedSetting[]> {
  const checked: CheckedSetting[] = [];
  for (const setting of settings) {
    const { assignments } = setting;
    const request = { recipe: name, fallback: {}, assignments };
    checkBudget({
      budget: hasBudget ? 1 : undefined,
      isExtended: false,
      assignments,
      recorded: undefined,
    });
    const isKnown = command === 'pretrain' && from === undefined;
    const recipe = isKnown ? await composeRecipe(request) : undefined;
    checked.push({ ...setting, recipe: hasBudget ? undefined : recipe });
  }
  return checked;
}
