import { describe, expect, test } from 'vitest';
import { type FunctionValue, minimise } from './lbfgs.js';

/** Half the sum of `curvatures[i] * (x[i] - centre[i])^2`. */
function bowl(curvatures: readonly number[], centre: readonly number[]) {
  return (point: Float64Array): FunctionValue => {
    const gradient = point.map((x, i) => (curvatures[i] ?? 0) * (x - (centre[i] ?? 0)));
    const value = point.reduce(
      (sum, x, i) => sum + 0.5 * (gradient[i] ?? 0) * (x - (centre[i] ?? 0)),
      0,
    );
    return { value, gradient };
  };
}

describe('minimise', () => {
  test('finds the bottom of a narrow valley', () => {
    const { point, value, converged } = minimise(
      bowl([1, 1e4, 10], [3, -2, 0.5]),
      new Float64Array(3),
    );
    expect(converged).toBe(true);
    expect(value).toBeCloseTo(0, 10);
    for (const [i, x] of [3, -2, 0.5].entries()) expect(point[i]).toBeCloseTo(x, 6);
  });

  test('takes under a thousand steps where gradient descent takes a hundred thousand', () => {
    const curvatures = Array.from({ length: 50 }, (_, i) => 10 ** (i / 12));
    const start = new Float64Array(50).fill(1);
    expect(minimise(bowl(curvatures, []), start, { maxIterations: 1000 }).converged).toBe(true);
  });

  test("minimises Rosenbrock's function, which is not convex", () => {
    const { point } = minimise(
      ([x = 0, y = 0]) => {
        const gradient = [2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)];
        return {
          value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
          gradient: Float64Array.from(gradient),
        };
      },
      Float64Array.of(-1.2, 1),
    );
    expect(point[0]).toBeCloseTo(1, 5);
    expect(point[1]).toBeCloseTo(1, 5);
  });

  test('stops where it starts when that is the minimum', () => {
    const { iterations, converged } = minimise(bowl([1], [2]), Float64Array.of(2));
    expect({ iterations, converged }).toEqual({ iterations: 0, converged: true });
  });

  test('says when it ran out of iterations', () => {
    const valley = bowl([1, 1e4], [3, -2]);
    expect(minimise(valley, new Float64Array(2), { maxIterations: 1 }).converged).toBe(false);
  });
});
