/** Checks a recipe once, and says everything that is wrong with it. */
import type { z } from 'zod';
import { RecipeError, type RecipeIssue } from '../errors.js';
import { expectationOf, shownValue } from '../expectations.js';
import { type FinetuneRecipe, finetuneRecipe } from './finetune/finetune-recipe.js';
import { movedValues } from './migrate.js';
import { nearest } from './nearest.js';
import { type PretrainRecipe, pretrainRecipe } from './pretrain/pretrain-recipe.js';
import { keysAt, type RecipeSchema } from './reference.js';

/**
 * @param written a recipe that may leave out what has a default
 * @throws RecipeError with every issue
 */
export function parsePretrainRecipe(written: unknown): PretrainRecipe {
  return parseBy(pretrainRecipe, written);
}

/**
 * @param written a recipe that may leave out what has a default
 * @throws RecipeError with every issue
 */
export function parseFinetuneRecipe(written: unknown): FinetuneRecipe {
  return parseBy(finetuneRecipe, written);
}

/**
 * The recipe that a schema makes of what is written.
 *
 * @throws RecipeError with every issue
 */
export function parseBy<Schema extends RecipeSchema>(
  schema: Schema,
  written: unknown,
): z.output<Schema> {
  const result = schema.safeParse(written, { reportInput: true });
  if (result.success) return result.data;
  throw new RecipeError(result.error.issues.flatMap((issue) => issuesOf(issue, schema)));
}

function issuesOf(issue: z.core.$ZodIssue, schema: RecipeSchema): RecipeIssue[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(issue.path, key, schema));
  }
  const place = path === '' ? 'the recipe' : `\`${path}\``;
  const message = `Expected ${expectationOf(issue)} for ${place} but got ${shownValue(issue.input)}.`;
  return [{ path, message }];
}

function unknownKey(group: readonly PropertyKey[], key: string, schema: RecipeSchema): RecipeIssue {
  const path = [...group, key].join('.');
  const moved = Object.hasOwn(movedValues, path) ? movedValues[path] : undefined;
  if (moved !== undefined && keysAt(schema, moved.split('.').slice(0, -1)).length > 0) {
    return { path, message: `Expected \`${moved}\` but got \`${path}\`, its name of before.` };
  }
  const known = keysAt(schema, group);
  if (known.includes(key)) {
    const message = `Expected a key of the recipe but got \`${path}\`, which belongs to another kind of \`${group.join('.')}\`.`;
    return { path, message };
  }
  const candidate = nearest(key, known);
  const advice = candidate
    ? `did you mean \`${[...group, candidate].join('.')}\`?`
    : `known are ${known.join(', ')}.`;
  return { path, message: `Expected a key of the recipe but got \`${path}\`; ${advice}` };
}
