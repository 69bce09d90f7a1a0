/** Where two recipes differ. */
import type { PretrainRecipe } from './pretrain-recipe.js';

export interface RecipeDifference {
  /** Dotted path of the value. */
  readonly path: string;
  readonly left: unknown;
  readonly right: unknown;
}

/** Every value that is not the same in both. Lists count as one value. */
export function recipeDifferences(left: PretrainRecipe, right: PretrainRecipe): RecipeDifference[] {
  return differences(left, right, []);
}

function differences(left: unknown, right: unknown, path: readonly string[]): RecipeDifference[] {
  if (isGroup(left) && isGroup(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...keys].flatMap((key) => differences(left[key], right[key], [...path, key]));
  }
  if (JSON.stringify(left) === JSON.stringify(right)) return [];
  return [{ path: path.join('.'), left, right }];
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
