/** Recipes of every task, told apart where one may be of any: in run directories, and beside weights. */
import { type FinetuneRecipe, finetuneRecipe } from './finetune-recipe.js';
import { parseFinetuneRecipe, parsePretrainRecipe } from './parse.js';
import { type PretrainRecipe, pretrainRecipe } from './pretrain-recipe.js';
import type { RecipeSchema } from './reference.js';

/** The command that runs a recipe. */
export type RecipeName = 'pretrain' | 'finetune';

export interface RecipeKind<Recipe> {
  readonly name: RecipeName;
  readonly schema: RecipeSchema;
  /** @throws RecipeError with every issue */
  readonly parse: (written: unknown) => Recipe;
}

export const pretraining: RecipeKind<PretrainRecipe> = {
  name: 'pretrain',
  schema: pretrainRecipe,
  parse: parsePretrainRecipe,
};

export const finetuning: RecipeKind<FinetuneRecipe> = {
  name: 'finetune',
  schema: finetuneRecipe,
  parse: parseFinetuneRecipe,
};

/** A complete recipe of fine-tuning names its task. */
export function kindOf(written: object): RecipeKind<PretrainRecipe | FinetuneRecipe> {
  return 'task' in written ? finetuning : pretraining;
}
