/** The numbers of COCO's evaluation under the names that runs record. */

/** COCO's name of each number, the end of ours, and words for people. */
const recorded = [
  ['AP', 'Ap', 'AP'],
  ['AP50', 'Ap50', 'AP at 0.5'],
  ['AP75', 'Ap75', 'AP at 0.75'],
] as const;

/** The names of the scores of boxes or of masks, each with words for people. */
export function objectScoreNames(kind: 'box' | 'mask'): (readonly [name: string, label: string])[] {
  return recorded.map(([, name, label]) => [`${kind}${name}`, `${kind} ${label}`]);
}

/**
 * COCO's numbers by our names. AP itself is 0 where there are no objects, so that evaluations can
 * always be compared.
 */
export function namedObjectScores(
  kind: 'box' | 'mask',
  numbers: Readonly<Record<string, number | null>>,
): Record<string, number | null> {
  return Object.fromEntries(
    recorded.map(([own, name]) => {
      const value = numbers[own] ?? null;
      return [`${kind}${name}`, own === 'AP' ? (value ?? 0) : value] as const;
    }),
  );
}
