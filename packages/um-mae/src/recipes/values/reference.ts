/**
 * Lists the values of a recipe from its schema: for `--help`, and to suggest the nearest valid key.
 */
import { z } from 'zod';

/** One value of a recipe. */
export interface RecipeEntry {
  /** Dotted path, as `--set` takes it. */
  readonly path: string;
  readonly description: string;
  /** Undefined when it has to be given. */
  readonly fallback: unknown;
}

/** The schema of a recipe of any task. */
export type RecipeSchema = z.ZodType<object>;

type Schema = z.core.JSONSchema.BaseSchema;

/**
 * Every value of a recipe that people set, in the order of the schema: those that have a description.
 * Groups are spelt out, durations are not.
 */
export function recipeReference(recipe: RecipeSchema): RecipeEntry[] {
  return entriesBelow(rootSchema(recipe), '');
}

/** The description of the value at `path`. */
export function describeRecipe(recipe: RecipeSchema, path: string): string {
  return schemaAt(recipe, path.split('.'))?.description ?? '';
}

/** The keys that the group at `path` may have. */
export function keysAt(recipe: RecipeSchema, path: readonly PropertyKey[]): string[] {
  const schema = schemaAt(recipe, path);
  return schema ? [...propertiesOf(schema).keys()] : [];
}

/** The keys of the group at `path`, where it is of a kind. */
export function keysOfKind(
  recipe: RecipeSchema,
  path: readonly PropertyKey[],
  kind: unknown,
): string[] {
  const schema = schemaAt(recipe, path);
  const isOfKind = ({ properties }: Schema) =>
    typeof properties?.kind === 'object' && properties.kind.const === kind;
  const found = schema && alternativesOf(schema).find(isOfKind);
  return Object.keys(found?.properties ?? {});
}

/** The dotted paths of all values, and of groups, that have a name. */
export function pathsTo(recipe: RecipeSchema, name: string): string[] {
  return pathsBelow(rootSchema(recipe), '').filter((path) => path.endsWith(`.${name}`));
}

function pathsBelow(schema: Schema, prefix: string): string[] {
  return [...propertiesOf(schema)].flatMap(([key, property]) => {
    const path = prefix + key;
    return [path, ...pathsBelow(property, `${path}.`)];
  });
}

function rootSchema(recipe: RecipeSchema): Schema {
  return z.toJSONSchema(recipe, { io: 'input' });
}

function schemaAt(recipe: RecipeSchema, path: readonly PropertyKey[]): Schema | undefined {
  let schema: Schema | undefined = rootSchema(recipe);
  for (const key of path) schema = schema && propertiesOf(schema).get(String(key));
  return schema;
}

function entriesBelow(schema: Schema, prefix: string): RecipeEntry[] {
  return [...propertiesOf(schema)].flatMap(([key, property]) => {
    const path = prefix + key;
    if (isGroup(property)) return entriesBelow(property, `${path}.`);
    const { description = '', default: fallback } = property;
    return description === '' ? [] : [{ path, description, fallback }];
  });
}

/** Whether a schema is a group: an object, or alternatives with a `kind`. */
function isGroup(schema: Schema): boolean {
  return schema.properties !== undefined || schema.oneOf !== undefined;
}

/** Properties of a group, or of all its alternatives. */
function propertiesOf(schema: Schema): Map<string, Schema> {
  const found = new Map<string, Schema>();
  for (const alternative of alternativesOf(schema)) {
    for (const [key, property] of Object.entries(alternative.properties ?? {})) {
      if (typeof property === 'object' && !found.has(key)) found.set(key, property);
    }
  }
  return found;
}

/** The forms that a group may have, itself among them. */
function alternativesOf(schema: Schema): Schema[] {
  return [schema, ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])];
}
