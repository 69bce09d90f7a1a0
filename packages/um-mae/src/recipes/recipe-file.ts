/** Reads recipes from YAML. */
import { Document, isScalar, visit } from 'yaml';
import { FileError, RecipeError } from '../errors.js';
import { shownValue } from '../expectations.js';
import { mostOfRecord, wholeText } from '../files/whole-file.js';
import { parseYaml } from '../files/yaml-text.js';
import { migrateRecipe } from './migrate.js';

/**
 * Reads a YAML file without checking its values.
 *
 * @throws FileError when it cannot be read; RecipeError when it is no YAML
 */
export async function readRecipeFile(path: string): Promise<object> {
  return parseRecipe(wholeText(path, { as: FileError, most: mostOfRecord }), path);
}

/**
 * Parses a YAML or JSON text, of this version or an earlier one, without checking its values.
 *
 * @param path where it is from
 * @throws RecipeError when it is no recipe
 *
 * @example
 * ```ts
 * import { parseRecipe } from 'um-mae/runs';
 *
 * console.log(parseRecipe('batchSize: 64', 'recipe.yaml')); // { batchSize: 64 }
 * ```
 */
export function parseRecipe(text: string, path: string): object {
  const recipe = parse(text, path);
  if (typeof recipe === 'object' && recipe !== null && !Array.isArray(recipe)) {
    return migrateRecipe(recipe);
  }
  throw refuse(`Expected a recipe in ${path} but got ${shownValue(recipe)}.`);
}

/** A recipe as YAML, with remarks on top. */
export function formatRecipe(recipe: object, remarks: readonly string[]): string {
  const document = new Document(recipe);
  visit(document, {
    Seq: (_, list) => {
      // Numbers fit on one line, paths do not.
      list.flow = list.items.every((item) => isScalar(item) && typeof item.value === 'number');
    },
  });
  return remarks.map((remark) => `# ${remark}\n`).join('') + document.toString();
}

function parse(text: string, path: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refuse(`Expected YAML in ${path} but got: ${error.message}.`);
  }
}

function refuse(message: string): RecipeError {
  return new RecipeError([{ path: '', message }]);
}
