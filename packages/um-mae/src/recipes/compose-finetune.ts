/** From what a user has asked for to one complete recipe of fine-tuning. */
import { RecipeError } from '../errors.js';
import { type Assignment, assign } from './assignments.js';
import { readNamed } from './compose.js';
import { finetuneRecipeNames, namedFinetuneRecipe } from './finetune/named.js';
import { smallData } from './finetune/small-data.js';
import type { FinetuneRecipe, FinetuneRecipeInput } from './finetune-recipe.js';
import { parseFinetuneRecipe } from './parse.js';
import { modelRecipe } from './pretrain/named.js';

export interface FinetuneRequest {
  /** A named recipe, or a YAML file. */
  readonly recipe?: string | undefined;
  /** Replaces the backbone of the recipe. */
  readonly model?: string | undefined;
  /** Told by the weights to begin with; fills in what neither the recipe nor `model` says. */
  readonly weights?: Partial<Pick<FinetuneRecipeInput, 'backbone' | 'image'>> | undefined;
  /** The recipe of the run that is resumed. */
  readonly recorded?: FinetuneRecipe | undefined;
  /** The last word. */
  readonly assignments: readonly Assignment[];
}

/** @throws RecipeError with every issue */
export async function composeFinetuneRecipe(request: FinetuneRequest): Promise<FinetuneRecipe> {
  const { recipe, model, weights, recorded, assignments } = request;
  const named = { named: namedFinetuneRecipe, names: finetuneRecipeNames };
  const written = recipe === undefined ? (recorded ?? smallData) : await readNamed(recipe, named);
  const { backbone, image } = model === undefined ? {} : modelRecipe(model);
  const told = { ...weights, ...(backbone && { backbone, ...(image && { image }) }) };
  const base = { ...told, ...written, ...(backbone && { backbone }) };
  if (!('backbone' in base) && !assignments.some(({ path }) => path.startsWith('backbone'))) {
    const message = 'Expected a model but neither weights nor recipe tell one; name it by --model.';
    throw new RecipeError([{ path: 'backbone', message }]);
  }
  return parseFinetuneRecipe(assign(base, assignments));
}
