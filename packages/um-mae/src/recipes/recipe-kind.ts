/** The contract of tasks as data: their recipes, and the names of their scores. */

import type { LabelledRecipe } from './training-recipe.js';
import type { RecipeSchema } from './values/reference.js';

/** The way that a score of a task is shown to people. */
export interface ScoreDescription {
  /** The name of the score in the lines of `metrics.jsonl`. */
  readonly name: string;
  readonly label: string;
  /** A share is written in per cent; a count says how much was looked at, and is no score. */
  readonly format: 'share' | 'number' | 'count';
}

/** The score by which one evaluation is better than another. */
export interface PrimaryScore {
  readonly name: string;
  readonly isBetter: 'higher' | 'lower';
}

export interface RecipeKind<Recipe> {
  /** The name of the task in recipes. */
  readonly task: string;
  /** The command that runs a recipe. */
  readonly command: 'pretrain' | 'finetune';
  readonly schema: RecipeSchema;
  /** @throws RecipeError with every issue */
  readonly parse: (written: unknown) => Recipe;
  /** Returns the recipe with every path beginning at the root: a run is resumed from any folder. */
  withAbsolutePaths(recipe: Recipe): Recipe;
  /** Scores of the task, those that say most first. */
  readonly scores: readonly ScoreDescription[];
  /** One of them; null where no evaluation is better than another. */
  readonly primaryScore: PrimaryScore | null;
}

/** Recipes by name, as they are written. */
export type NamedRecipes = Readonly<Record<string, object>>;

/** Recipes of a task on labelled images, which `um-mae finetune` runs. */
export interface LabelledKind<Recipe extends LabelledRecipe> extends RecipeKind<Recipe> {
  readonly command: 'finetune';
  /** The name of its network, such as `classifier`. */
  readonly network: string;
  readonly named: NamedRecipes;
  /** The recipe that is completed where none is named. */
  readonly fallback: object;
  /** Returns the values of `data` that a folder with all images stands for. */
  partsOf(folder: string): Readonly<Record<string, string>>;
  /**
   * Returns the names of the classes of a complete recipe, in their order; none where a task has
   * none.
   */
  classesOf(recipe: Recipe): readonly string[];
}
