/** Curves of runs that repeat each other, as one: their mean, and a deviation around it. */
import { at } from '../../../shared/at.js';
import {
  type Numbers,
  type Series,
  type SparseCurve,
  type StepColumn,
  stepColumns,
  type ThinnedCurve,
} from '../../../shared/protocol/series.js';

/**
 * Averages runs over the steps that all have done.
 *
 * @param runs at least one, thinned alike
 * @returns undefined where their points are at different steps
 */
export function averageOf(runs: readonly Series[]): Series | undefined {
  const shortest = runs.toSorted((a, b) => a.x.step.length - b.x.step.length)[0];
  if (!shortest) return undefined;
  const { length } = shortest.x.step;
  const isAlike = runs.every(({ x }) => shortest.x.step.every((step, i) => x.step[i] === step));
  if (!isAlike) return undefined;
  const curve = (name: StepColumn): [StepColumn, ThinnedCurve] => [
    name,
    meanCurve(runs.map(({ curves }) => curves[name].mean.slice(0, length))),
  ];
  const names = Object.keys(shortest.epochs).filter((name) =>
    runs.every(({ epochs }) => epochs[name]),
  );
  const scores = names.map((name): [string, SparseCurve] => [
    name,
    meanScore(runs.flatMap(({ epochs }) => epochs[name] ?? [])),
  ]);
  return {
    ...shortest,
    curves: Object.fromEntries(stepColumns.map(curve)) as Series['curves'],
    epochs: Object.fromEntries(scores),
  };
}

function meanCurve(curves: readonly Numbers[]): ThinnedCurve {
  const [first = []] = curves;
  const points = first.map((_, i) => spreadAt(curves, i));
  return {
    mean: points.map(({ mean }) => mean),
    low: points.map(({ mean, deviation }) => (mean === null ? null : mean - deviation)),
    high: points.map(({ mean, deviation }) => (mean === null ? null : mean + deviation)),
  };
}

/** Numbers at one place of several curves; null where one of them has none. */
function spreadAt(
  curves: readonly Numbers[],
  index: number,
): { readonly mean: number | null; readonly deviation: number } {
  const numbers = curves.flatMap((curve) => curve[index] ?? []);
  if (numbers.length < curves.length) return { mean: null, deviation: 0 };
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const squares = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, numbers.length - 1)) };
}

function meanScore(curves: readonly SparseCurve[]): SparseCurve {
  const shortest = at(
    curves.toSorted((a, b) => a.y.length - b.y.length),
    0,
  );
  const { length } = shortest.y;
  const { mean, low, high } = meanCurve(curves.map(({ y }) => y.slice(0, length)));
  return { x: shortest.x, y: mean.map(Number), low: low.map(Number), high: high.map(Number) };
}
