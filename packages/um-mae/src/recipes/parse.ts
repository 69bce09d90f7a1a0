/** Checks a recipe once, and says everything that is wrong with it. */
import type { z } from 'zod';
import { RecipeError, type RecipeIssue } from '../errors.js';
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
  const got = issue.input === undefined ? 'nothing' : abbreviate(jsonOf(issue.input));
  return [{ path, message: `Expected ${expectationOf(issue)} for ${place} but got ${got}.` }];
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

/** Completes the sentence "Expected ...". Messages of the schema's own are such phrases already. */
function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values.map(String));
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unitOf(issue.origin)}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? oneOf(issue.options.filter((option) => option !== undefined).map(String))
        : issue.message;
    default:
      return issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a group of values',
  string: 'a text',
  tuple: 'a list',
};

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`;
}

function unitOf(origin: string): string {
  return origin === 'array' ? ' items' : '';
}

/** JSON has no word for numbers that are none. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, item) =>
    typeof item === 'number' && !Number.isFinite(item) ? String(item) : item,
  );
}

export function abbreviate(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
