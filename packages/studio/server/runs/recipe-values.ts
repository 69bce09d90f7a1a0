/** The values in which the recipes of several runs differ. */
import type { Leaf } from 'um-mae/runs';
import type { RecipeValues } from '../../shared/protocol/run-details.js';
import type { ReadRecipe } from './describe-recipe.js';

/** Lists of a thousand classes are not for reading. */
const longestText = 200;

type Values = ReadonlyMap<string, string>;

/** Every value that not all runs have, or have alike, with that of each run. */
export function valuesOf(recipes: readonly Pick<ReadRecipe, 'leaves'>[]): RecipeValues {
  const tables = recipes.map(({ leaves }) => new Map(leaves));
  const differing = pathsIn(tables).filter((path) => isDifferent(tables, path));
  const rows = differing.map((path) => ({
    path,
    values: tables.map((table) => cut(table.get(path)) ?? null),
  }));
  return { rows };
}

/**
 * The values of each run that differ among the runs that have them, for a list of all tasks.
 */
export function listedValues(
  recipes: readonly (Pick<ReadRecipe, 'leaves'> | undefined)[],
): Record<string, string>[] {
  const tables = recipes.map((recipe) => new Map(recipe?.leaves));
  const shown = new Set(pathsIn(tables).filter((path) => isVaried(tables, path)));
  return tables.map((table) =>
    Object.fromEntries(
      [...table].flatMap(([path, text]): Leaf[] =>
        shown.has(path) ? [[path, cut(text) ?? '']] : [],
      ),
    ),
  );
}

function pathsIn(tables: readonly Values[]): string[] {
  return [...new Set(tables.flatMap((table) => [...table.keys()]))];
}

function isDifferent(tables: readonly Values[], path: string): boolean {
  return tables.some((table) => table.get(path) !== tables[0]?.get(path));
}

function isVaried(tables: readonly Values[], path: string): boolean {
  return new Set(tables.flatMap((table) => table.get(path) ?? [])).size > 1;
}

function cut(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= longestText) return text;
  return `${text.slice(0, longestText)} …`;
}
