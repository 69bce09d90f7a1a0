/** Composes one complete recipe of what a user gives. */
import { existsSync } from 'node:fs';
import { RecipeError } from '../errors.js';
import { parsePretrainRecipe } from './parse.js';
import { methodRecipe, modelRecipe, namedRecipe, recipeNames } from './pretrain/named.js';
import type { PretrainRecipe, PretrainRecipeInput } from './pretrain/pretrain-recipe.js';
import { readRecipeFile } from './recipe-file.js';
import { type Assignment, assign } from './values/assignments.js';
import { nearest } from './values/nearest.js';

export interface RecipeRequest {
  /** A named recipe, a YAML file, or what such a file holds. */
  readonly recipe?: string | object | undefined;
  /** Replaces the backbone of the recipe, and fills in what the recipe leaves out. */
  readonly model?: string | undefined;
  /** Replaces the method of the recipe: its masking, its targets. */
  readonly method?: string | undefined;
  /** The recipe to start from if neither of them is given. */
  readonly fallback: object;
  /**
   * Makes the recipe of initial weights, which takes the place of `fallback`, and whose network is
   * used where a recipe has none.
   */
  readonly ofWeights?: (() => PretrainRecipeInput) | undefined;
  /** Single values, which override all others. */
  readonly assignments: readonly Assignment[];
}

/** @throws RecipeError with every issue */
export async function composeRecipe(request: RecipeRequest): Promise<PretrainRecipe> {
  const method = request.method === undefined ? {} : methodRecipe(request.method);
  const complete = parsePretrainRecipe({ ...(await baseOf(request)), ...method });
  return parsePretrainRecipe(assign(complete, request.assignments));
}

async function baseOf(request: RecipeRequest): Promise<object> {
  const { recipe, model, fallback, ofWeights } = request;
  const written = await writtenRecipe(request);
  if (model === undefined) return recipe === undefined && !ofWeights ? fallback : written;
  const ofModel = modelRecipe(model);
  return { ...ofModel, ...written, backbone: ofModel.backbone };
}

/** The values that a recipe as it is written gives, or initial weights; none where there is neither. */
export async function writtenRecipe({
  recipe,
  model,
  ofWeights,
}: Pick<RecipeRequest, 'recipe' | 'model' | 'ofWeights'>): Promise<object> {
  const named = { named: namedRecipe, names: recipeNames };
  const written = recipe === undefined ? undefined : await readNamed(recipe, named);
  if (model !== undefined) return written ?? {};
  if (!written) return ofWeights?.() ?? {};
  return 'backbone' in written ? written : { ...networkOf(ofWeights?.()), ...written };
}

function networkOf(recipe: PretrainRecipeInput | undefined): Partial<PretrainRecipeInput> {
  return recipe ? { backbone: recipe.backbone, image: recipe.image } : {};
}

/** Recipes that a user may name. */
export interface RecipeChoices {
  readonly named: (name: string) => object | undefined;
  readonly names: readonly string[];
}

/**
 * The recipe of a name or a YAML file; it is not checked yet.
 *
 * @throws RecipeError naming the nearest name
 */
export async function readNamed(
  nameOrFile: string | object,
  { named, names }: RecipeChoices,
): Promise<object> {
  if (typeof nameOrFile === 'object') return nameOrFile;
  const recipe = named(nameOrFile);
  if (recipe) return recipe;
  if (existsSync(nameOrFile)) return readRecipeFile(nameOrFile);
  const candidate = nearest(nameOrFile, names);
  const message =
    `Expected a file or one of ${names.join(', ')} for --recipe but got \`${nameOrFile}\`` +
    (candidate ? `; did you mean \`${candidate}\`?` : '.');
  throw new RecipeError([{ path: '', message }]);
}
