/** Checks a recipe once, and says everything that is wrong with it. */
import type { z } from 'zod';
import { RecipeError, type RecipeIssue } from '../errors.js';
import { expectationOf, shownValue } from '../expectations.js';
import { type FinetuneRecipe, finetuneRecipe } from './finetune/finetune-recipe.js';
import { movedValues } from './migrate.js';
import { type PretrainRecipe, pretrainRecipe } from './pretrain/pretrain-recipe.js';
import { nearest } from './values/nearest.js';
import { keysAt, keysOfKind, pathsTo, type RecipeSchema } from './values/reference.js';

/**
 * @param written a recipe that may leave out what has a default
 * @throws RecipeError with every issue
 *
 * @example
 * ```ts
 * import { modelRecipe, parsePretrainRecipe, RecipeError } from 'um-mae';
 *
 * try {
 *   parsePretrainRecipe({ ...modelRecipe('swin-micro'), batchSize: 0 });
 * } catch (error) {
 *   if (error instanceof RecipeError) console.log(error.message);
 * }
 * ```
 */
export function parsePretrainRecipe(written: unknown): PretrainRecipe {
  return parseBy(pretrainRecipe, written);
}

/**
 * @param written a recipe that may leave out what has a default
 * @throws RecipeError with every issue
 *
 * @example
 * ```ts
 * import { modelRecipe, parseFinetuneRecipe } from 'um-mae';
 *
 * const { backbone } = modelRecipe('swin-micro');
 * const recipe = parseFinetuneRecipe({
 *   backbone,
 *   from: null,
 *   data: { train: 'labelled/train', val: 'labelled/val' },
 *   head: { classes: ['cat', 'dog'] },
 * });
 * console.log(recipe.layerDecay);
 * ```
 */
export function parseFinetuneRecipe(written: unknown): FinetuneRecipe {
  return parseBy(finetuneRecipe, written);
}

/** A person reads no more of them. */
const mostIssues = 100;
/** Looking for the nearest key takes long where all keys of a long file are unknown. */
const mostKeys = 50;

/**
 * The recipe that a schema makes of what is written.
 *
 * @throws RecipeError with every issue, or the first where there are very many
 */
export function parseBy<Schema extends RecipeSchema>(
  schema: Schema,
  written: unknown,
): z.output<Schema> {
  const result = schema.safeParse(written, { reportInput: true });
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, mostIssues);
  throw new RecipeError(issues.flatMap((issue) => issuesOf(issue, schema)));
}

function issuesOf(issue: z.core.$ZodIssue, schema: RecipeSchema): RecipeIssue[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return unknownKeys({ path: issue.path, value: issue.input }, issue.keys, schema);
  }
  const place = path === '' ? 'the recipe' : `\`${path}\``;
  const message = `Expected ${expectationOf(issue)} for ${place} but got ${shownValue(issue.input)}.`;
  return [{ path, message }];
}

/** A group of a recipe as it is written. */
interface WrittenGroup {
  readonly path: readonly PropertyKey[];
  readonly value: unknown;
}

/** Issues on the first keys of a group that the schema does not have, and one on all others. */
function unknownKeys(
  group: WrittenGroup,
  keys: readonly string[],
  schema: RecipeSchema,
): RecipeIssue[] {
  const issues = keys.slice(0, mostKeys).map((key) => unknownKey(group, key, schema));
  const others = keys.length - issues.length;
  if (others <= 0) return issues;
  const message = `Expected keys of the recipe but got ${others} others more.`;
  return [...issues, { path: group.path.join('.'), message }];
}

function unknownKey(group: WrittenGroup, key: string, schema: RecipeSchema): RecipeIssue {
  const path = [...group.path, key].join('.');
  const moved = Object.hasOwn(movedValues, path) ? movedValues[path] : undefined;
  if (moved !== undefined && keysAt(schema, moved.split('.').slice(0, -1)).length > 0) {
    return { path, message: `Expected \`${moved}\` but got \`${path}\`, its name of before.` };
  }
  const advice = adviceOn(group, key, schema);
  return { path, message: `Expected a key of the recipe but got \`${path}\`${advice}` };
}

/** The key that may be meant: of another kind of the group, of another group, or spelt otherwise. */
function adviceOn({ path, value }: WrittenGroup, key: string, schema: RecipeSchema): string {
  const known = keysAt(schema, path);
  if (known.includes(key)) {
    const kind = value instanceof Object ? Reflect.get(value, 'kind') : undefined;
    const keys = keysOfKind(schema, path, kind).filter((name) => name !== 'kind');
    const own = keys.length > 0 ? `; ${kind} has ${keys.join(', ')}` : '';
    return `, which belongs to another kind of \`${path.join('.')}\`${own}.`;
  }
  const candidate = nearest(key, known);
  const meant = candidate ? [[...path, candidate].join('.')] : pathsTo(schema, key);
  return meant.length > 0
    ? `; did you mean ${meant.map((place) => `\`${place}\``).join(' or ')}?`
    : `; known are ${known.join(', ')}.`;
}
