/** The tasks that a recipe may name, and what reads the recipes of each. */
import { RecipeError } from '../errors.js';
import { type FinetuneRecipe, finetuneRecipe } from './finetune-recipe.js';
import { parseFinetuneRecipe, parsePretrainRecipe } from './parse.js';
import { type PretrainRecipe, pretrainRecipe } from './pretrain-recipe.js';
import type { RecipeSchema } from './reference.js';

export interface RecipeKind<Recipe> {
  /** The command that runs a recipe. */
  readonly name: string;
  readonly schema: RecipeSchema;
  /** @throws RecipeError with every issue */
  readonly parse: (written: unknown) => Recipe;
  /** The score by which evaluations of the task are compared; null where nothing is evaluated. */
  readonly primaryScore: PrimaryScore | null;
}

/** The score by which one evaluation is better than another. */
export interface PrimaryScore {
  /** Its name in the lines of `metrics.jsonl`. */
  readonly name: string;
  readonly isBetter: 'higher' | 'lower';
}

export const pretraining = {
  name: 'pretrain',
  schema: pretrainRecipe,
  parse: parsePretrainRecipe,
  primaryScore: null,
} as const satisfies RecipeKind<PretrainRecipe>;

export const finetuning = {
  name: 'finetune',
  schema: finetuneRecipe,
  parse: parseFinetuneRecipe,
  primaryScore: { name: 'topOne', isBetter: 'higher' },
} as const satisfies RecipeKind<FinetuneRecipe>;

/** Every task, by the name that recipes give it. */
const tasks = { pretrain: pretraining, classification: finetuning } as const;

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
