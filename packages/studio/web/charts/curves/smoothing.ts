/** Running averages of noisy curves. */

/**
 * An exponential average that begins without a bias towards zero.
 *
 * @param weight of the past, from 0 (the curve itself) to below 1
 */
export function smoothed(values: readonly (number | null)[], weight: number): (number | null)[] {
  let [average, total] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    average = weight * average + (1 - weight) * value;
    total = weight * total + (1 - weight);
    return average / total;
  });
}
