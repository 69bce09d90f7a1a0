/** The tasks that a recipe may name, and what reads the recipes of each. */
import { RecipeError } from '../errors.js';
import { type FinetuneRecipe, finetuneRecipe } from './finetune-recipe.js';
import { parseFinetuneRecipe, parsePretrainRecipe } from './parse.js';
import { type PretrainRecipe, pretrainRecipe } from './pretrain-recipe.js';
import type { RecipeSchema } from './reference.js';

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
  /** The command that runs a recipe. */
  readonly name: string;
  readonly schema: RecipeSchema;
  /** @throws RecipeError with every issue */
  readonly parse: (written: unknown) => Recipe;
  /** Scores of the task, those that say most first. */
  readonly scores: readonly ScoreDescription[];
  /** One of them; null where no evaluation is better than another. */
  readonly primaryScore: PrimaryScore | null;
}

export const pretraining: RecipeKind<PretrainRecipe> = {
  name: 'pretrain',
  schema: pretrainRecipe,
  parse: parsePretrainRecipe,
  scores: [
    { name: 'linearProbe', label: 'linear probe', format: 'share' },
    { name: 'neighbours', label: 'nearest neighbours', format: 'share' },
    { name: 'rankMe', label: 'feature rank', format: 'number' },
  ],
  primaryScore: null,
};

export const finetuning: RecipeKind<FinetuneRecipe> = {
  name: 'finetune',
  schema: finetuneRecipe,
  parse: parseFinetuneRecipe,
  scores: [
    { name: 'topOne', label: 'top-1', format: 'share' },
    { name: 'topFive', label: 'top-5', format: 'share' },
    { name: 'perClass', label: 'mean per-class accuracy', format: 'share' },
    { name: 'loss', label: 'loss', format: 'number' },
    { name: 'images', label: 'images', format: 'count' },
  ],
  primaryScore: { name: 'topOne', isBetter: 'higher' },
};

/** Every task, by the name that recipes give it. */
const tasks = { pretrain: pretraining, classification: finetuning } as const;

/** The parsers of the recipes of each task. */
export const recipeKinds: readonly RecipeKind<AnyRecipe>[] = Object.values(tasks);

/** A recipe of any task. */
export type AnyRecipe = ReturnType<(typeof tasks)[keyof typeof tasks]['parse']>;

/**
 * The kind of a recorded recipe. In earlier versions those of pre-training did not name their task.
 *
 * @throws RecipeError when the task is none of ours
 */
export function kindOf(recorded: object): RecipeKind<AnyRecipe> {
  const { task = 'pretrain' } = recorded as { readonly task?: unknown };
  const found = Object.entries(tasks).find(([name]) => name === task);
  if (found) return found[1];
  const message = `Expected one of ${Object.keys(tasks).join(', ')} for \`task\` but got ${JSON.stringify(task)}.`;
  throw new RecipeError([{ path: 'task', message }]);
}
