/** Another use of a trained network: the values of its recipe that its weights do not depend on. */
import { RecipeError } from '../errors.js';
import { type AnyLabelledRecipe, labelledKindOf } from './kind.js';
import { type Assignment, assign } from './values/assignments.js';

/** @throws RecipeError for values of another kind than `inference.overlap`, and for wrong ones */
export function withInference(
  recipe: AnyLabelledRecipe,
  assignments: readonly Assignment[],
): AnyLabelledRecipe {
  if (assignments.length === 0) return recipe;
  const odd = assignments.find(({ path }) => !/^inference(?:\.|$)/.test(path));
  if (odd) {
    const message = `Expected a value of \`inference\` for --set, since a network is trained by the others, but got \`${odd.path}\`.`;
    throw new RecipeError([{ path: odd.path, message }]);
  }
  return labelledKindOf(recipe).parse(assign(recipe, assignments));
}
