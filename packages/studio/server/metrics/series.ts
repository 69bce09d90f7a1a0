/** Curves of a run, as the page draws them. */
import { at } from '../../shared/at.js';
import {
  type Axis,
  axes,
  type Series,
  type SparseCurve,
  type StepColumn,
  stepColumns,
  type ThinnedCurve,
} from '../../shared/protocol/series.js';
import type { MetricsIndex } from './metrics-index.js';
import { rowsBetween, thin, thinPlaces } from './thin.js';

export interface SeriesRequest {
  /** Points of each curve, at most. */
  readonly points: number;
  /** The part of an axis to show. Default: everything. */
  readonly range?: { readonly axis: Axis; readonly from: number; readonly to: number } | undefined;
}

const secondsPerHour = 3600;
const placeNames: readonly string[] = ['step', 'epoch', 'elapsedSeconds'];

export function seriesOf(index: MetricsIndex, { points, range }: SeriesRequest): Series {
  const { steps, lines, damaged, isComplete, isCut } = index;
  const [from, to] = range
    ? rowsBetween(
        steps.of(columnOf(range.axis)),
        range.from * scaleOf(range.axis),
        range.to * scaleOf(range.axis),
      )
    : [0, steps.rows];
  const window = { from, to, points };
  const place = (axis: Axis) =>
    thinPlaces(steps.of(columnOf(axis)), window).map((value) => value / scaleOf(axis));
  const curves = stepColumns.map((name): [StepColumn, ThinnedCurve] => [
    name,
    thin(steps.of(name), window),
  ]);
  const scores = index.epochs.names.filter((name) => !placeNames.includes(name));
  const epochs = scores.flatMap((name): [string, SparseCurve][] => {
    const curve = sparse(index, name);
    return curve.y.length === 0 ? [] : [[name, curve]];
  });
  return {
    x: byAxis(place),
    curves: Object.fromEntries(curves) as Series['curves'],
    epochs: Object.fromEntries(epochs),
    lines,
    damaged,
    isComplete,
    isCut,
  };
}

function sparse({ epochs }: MetricsIndex, name: string): SparseCurve {
  const column = epochs.of(name);
  const rows = Array.from(column.keys()).filter((row) => !Number.isNaN(column[row]));
  const taken = (of: Float64Array, scale = 1) => rows.map((row) => at(of, row) / scale);
  return { x: byAxis((axis) => taken(epochs.of(columnOf(axis)), scaleOf(axis))), y: taken(column) };
}

function byAxis(numbersOf: (axis: Axis) => number[]): Record<Axis, number[]> {
  return Object.fromEntries(axes.map((axis) => [axis, numbersOf(axis)])) as Record<Axis, number[]>;
}

function columnOf(axis: Axis): 'step' | 'epoch' | 'elapsedSeconds' {
  return axis === 'hours' ? 'elapsedSeconds' : axis;
}

function scaleOf(axis: Axis): number {
  return axis === 'hours' ? secondsPerHour : 1;
}
