/** All curves of one run, or of several, one over the other. */

import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { at } from '../../shared/at.js';
import type { Series, StepColumn } from '../../shared/protocol.js';
import { Chart, type ChartCurve } from './chart.js';
import type { CurveSettings } from './curve-settings.js';
import { epochFigures, stepFigures } from './metrics.js';
import { seriesToken } from './palette.js';
import { smoothed } from './smoothing.js';

/** A run, and its numbers as far as they have come. */
export interface RunSeries {
  readonly name: string;
  readonly series: Series;
}

interface RunCurvesProps {
  readonly runs: readonly RunSeries[];
  readonly settings: CurveSettings;
  readonly onZoom: (from: number, to: number) => void;
}

/** The title, format and curves of a figure. */
interface Drawing {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly curves: readonly ChartCurve[];
}

export function RunCurves({ runs, settings, onZoom }: RunCurvesProps): JSX.Element {
  const drawings = useMemo(() => drawingsOf(runs, settings), [runs, settings]);
  return (
    <div class="charts">
      {drawings.map(({ title, format, curves }) => (
        <Chart
          key={title}
          title={title}
          format={format}
          curves={curves}
          onZoom={onZoom}
          isLog={settings.isLog}
          xLabel={settings.axis}
          hasLegend={runs.length > 1 || curves.length > 1}
        />
      ))}
    </div>
  );
}

function drawingsOf(runs: readonly RunSeries[], settings: CurveSettings): Drawing[] {
  const steps = stepFigures.map(({ title, format, columns }) => ({
    title,
    format,
    curves: curvesOf(runs, columns, (series, column, style) =>
      stepCurve(series, column, { ...style, settings, hasBand: runs.length === 1 }),
    ),
  }));
  const names = [...new Set(runs.flatMap(({ series }) => Object.keys(series.epochs)))];
  const epochs = epochFigures(names).map(({ title, format, columns }) => ({
    title,
    format,
    curves: curvesOf(runs, columns, (series, column, style) =>
      epochCurve(series, column, { ...style, settings }),
    ),
  }));
  const [loss, ...others] = steps;
  const drawn = loss ? [loss, ...epochs, ...others] : [];
  return drawn.filter(({ curves }) => curves.some(({ x }) => x.length > 0));
}

interface Style {
  readonly label: string;
  readonly colour: string;
}

/**
 * Curves of one run differ by column, those of several by run and are the first column of a figure.
 */
function curvesOf<Column>(
  runs: readonly RunSeries[],
  columns: readonly { readonly column: Column; readonly label: string }[],
  curveOf: (series: Series, column: Column, style: Style) => ChartCurve | undefined,
): ChartCurve[] {
  const [only] = runs;
  if (runs.length === 1 && only) {
    return columns.flatMap(
      ({ column, label }, i) =>
        curveOf(only.series, column, { label, colour: seriesToken(i) }) ?? [],
    );
  }
  const [first] = columns;
  if (!first) return [];
  return runs.flatMap(
    ({ name, series }, i) =>
      curveOf(series, first.column, { label: name, colour: seriesToken(i) }) ?? [],
  );
}

interface StepStyle extends Style {
  readonly settings: CurveSettings;
  readonly hasBand: boolean;
}

function stepCurve(
  { x, curves }: Series,
  column: StepColumn,
  { label, colour, settings, hasBand }: StepStyle,
): ChartCurve | undefined {
  const { mean, low, high } = curves[column];
  if (mean.every((value) => value === null)) return undefined;
  const { axis, smoothing } = settings;
  const own = { label, colour, x: x[axis], y: smoothing > 0 ? smoothed(mean, smoothing) : mean };
  if (!hasBand) return own;
  // A smoothed curve has the curve itself for a background.
  if (smoothing > 0)
    return { ...own, band: low.length > 0 ? { low, high } : { low: mean, high: mean } };
  return low.length > 0 ? { ...own, band: { low, high } } : own;
}

function epochCurve(
  { epochs }: Series,
  column: string,
  { label, colour, settings }: Style & { readonly settings: CurveSettings },
): ChartCurve | undefined {
  const curve = epochs[column];
  if (!curve) return undefined;
  const { axis, range } = settings;
  const points = curve.x[axis].map((x, i): [number, number] => [x, at(curve.y, i)]);
  const shown = range ? points.filter(([x]) => x >= range.from && x <= range.to) : points;
  return { label, colour, x: shown.map(([x]) => x), y: shown.map(([, y]) => y), hasPoints: true };
}
