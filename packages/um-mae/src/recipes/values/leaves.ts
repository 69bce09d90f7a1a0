/** Groups of values, such as a recipe, as a flat list. */

/** A value of a group: its dotted path, and a text for people. */
export type Leaf = readonly [path: string, text: string];

/**
 * Lists all values of a group: `{a: {b: [1, 2]}}` as `a.b` and `1 2`.
 *
 * @param group of numbers, texts, lists and groups
 *
 * @example
 * ```ts
 * import { leavesOf } from 'um-mae/runs';
 *
 * console.log(leavesOf({ a: { b: [1, 2] } })); // [ [ 'a.b', '1 2' ] ]
 * ```
 */
export function leavesOf(group: object, prefix = ''): Leaf[] {
  return Object.entries(group).flatMap(([key, value]): Leaf[] => {
    const path = `${prefix}${key}`;
    if (isGroup(value)) return leavesOf(value, `${path}.`);
    return [[path, textOf(value)]];
  });
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  if (!Array.isArray(value)) return value === null ? 'none' : String(value);
  if (value.every((item) => typeof item !== 'object')) return value.join(' ');
  if (!value.every(isGroup)) return JSON.stringify(value);
  return value
    .map((group) =>
      leavesOf(group)
        .map(([path, text]) => `${path} ${text}`)
        .join(', '),
    )
    .join('; ');
}
