/** Differences between the numbers of one process and those of several. */

/** The largest difference of two lists of numbers, relative to the largest number. */
export function relativeDifference(found: Iterable<number>, expected: Iterable<number>): number {
  const [left, right] = [[...found], [...expected]];
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  const most = (numbers: readonly number[]) =>
    numbers.reduce((largest, number) => Math.max(largest, Math.abs(number)), 0);
  const difference = most(left.map((number, i) => number - (right[i] ?? Number.NaN)));
  return difference === 0 ? 0 : difference / most(right);
}

type Gradients = ReadonlyMap<string, Float64Array>;

/** The largest difference of gradients, relative to the largest gradient of all. */
export function gradientDifference(found: Gradients, expected: Gradients): number {
  const numbers = (gradients: Gradients) =>
    [...expected.keys()].flatMap((name) => [...(gradients.get(name) ?? [])]);
  return relativeDifference(numbers(found), numbers(expected));
}
