/** What can stand in a recipe, read off its schema: for `--help`, and for naming the nearest valid key. */
import { z } from 'zod';
import { pretrainRecipe } from './pretrain-recipe.js';

/** One value of a recipe. */
export interface RecipeEntry {
  /** Dotted path, as `--set` takes it. */
  readonly path: string;
  readonly description: string;
  /** Undefined when it has to be given. */
  readonly fallback: unknown;
}

type Schema = z.core.JSONSchema.BaseSchema;

/** Every value of a recipe, in the order of the schema. Groups are spelt out, durations are not. */
export function recipeReference(): RecipeEntry[] {
  return entriesBelow(rootSchema(), '');
}

/** The description of the value at `path`. */
export function describeRecipe(path: string): string {
  return schemaAt(path.split('.'))?.description ?? '';
}

/** The keys that the group at `path` may have. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  const schema = schemaAt(path);
  return schema ? [...propertiesOf(schema).keys()] : [];
}

function rootSchema(): Schema {
  return z.toJSONSchema(pretrainRecipe, { io: 'input' });
}

function schemaAt(path: readonly PropertyKey[]): Schema | undefined {
  let schema: Schema | undefined = rootSchema();
  for (const key of path) schema = schema && propertiesOf(schema).get(String(key));
  return schema;
}

function entriesBelow(schema: Schema, prefix: string): RecipeEntry[] {
  return [...propertiesOf(schema)].flatMap(([key, property]) => {
    const path = prefix + key;
    if (isGroup(property)) return entriesBelow(property, `${path}.`);
    const { description = '', default: fallback } = property;
    return [{ path, description, fallback }];
  });
}

/** Alternatives are a group too when `kind` tells them apart. */
function isGroup(schema: Schema): boolean {
  return schema.properties !== undefined || schema.oneOf !== undefined;
}

/** Properties of a group, or of all its alternatives. */
function propertiesOf(schema: Schema): Map<string, Schema> {
  const found = new Map<string, Schema>();
  for (const alternative of [schema, ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) {
    for (const [key, property] of Object.entries(alternative.properties ?? {})) {
      if (typeof property === 'object' && !found.has(key)) found.set(key, property);
    }
  }
  return found;
}
