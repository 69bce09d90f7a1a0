/** Random numbers that are not uniform, drawn from uniform ones. */
import type { Random } from '../../random.js';

/** Normal, by the method of Box and Muller. */
export function randomNormal(random: Random, mean: number, deviation: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return mean + deviation * radius * Math.cos(2 * Math.PI * random());
}

/**
 * Beta(`alpha`, `alpha`), in [0, 1]: around 1/2 for a large `alpha`, near 0 or 1 for a small one.
 */
export function randomBeta(random: Random, alpha: number): number {
  // Of two gammas the share of the first; by their logarithms, as both may be too small for a
  // number.
  return 1 / (1 + Math.exp(logOfGamma(random, alpha) - logOfGamma(random, alpha)));
}

/**
 * The logarithm of a draw from Gamma(`shape`, 1).
 *
 * Source: Marsaglia and Tsang 2000, "A simple method for generating gamma variables", with their
 * section 6 for shapes below 1.
 */
function logOfGamma(random: Random, shape: number): number {
  if (shape < 1) return logOfGamma(random, shape + 1) + Math.log(1 - random()) / shape;
  const scale = shape - 1 / 3;
  for (;;) {
    const normal = randomNormal(random, 0, 1);
    const cube = (1 + normal / Math.sqrt(9 * scale)) ** 3;
    if (cube <= 0) continue;
    const logOfCube = Math.log(cube);
    if (Math.log(1 - random()) < normal ** 2 / 2 + scale * (1 - cube + logOfCube)) {
      return Math.log(scale) + logOfCube;
    }
  }
}
