/** A value that differs between two recipes. */
export interface RecipeDifference {
  /** Dotted path of the value. */
  readonly path: string;
  readonly left: unknown;
  readonly right: unknown;
}

/**
 * Every value that is not the same in both. Lists count as one value.
 *
 * @example
 * ```ts
 * import { recipeDifferences } from 'um-mae/runs';
 *
 * const [difference] = recipeDifferences(
 *   { batchSize: 32, masking: { cell: [2, 2] } },
 *   { batchSize: 64, masking: { cell: [2, 2] } },
 * );
 * console.log(difference?.path, difference?.left, difference?.right); // batchSize 32 64
 * ```
 */
export function recipeDifferences(left: object, right: object): RecipeDifference[] {
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
