/** All curves of one run, or of several, one over the other. */

import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { at } from '../../../shared/at.js';
import type { Series, StepColumn } from '../../../shared/protocol/series.js';
import { counted } from '../../format.js';
import { Chart } from '../plot/chart.js';
import type { ChartCurve } from '../plot/figure.js';
import { seriesToken } from '../plot/palette.js';
import type { CurveSettings } from './curve-settings.js';
import { useHiddenCharts } from './hidden-charts.js';
import { epochFigures, stepFigures } from './metrics.js';
import { smoothed } from './smoothing.js';

/** A run, and its numbers as far as they have come. */
export interface RunSeries {
  readonly name: string;
  readonly series: Series;
  /** A custom property that holds its colour among others. */
  readonly colour: string;
  /** Losses of one kind can be compared. */
  readonly lossKind: string;
  /** Whether it is a mean of several, with a deviation around it. */
  readonly isMean: boolean;
  /** Whether no others are drawn. */
  readonly isAlone: boolean;
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
  const { hidden, hide, showAll } = useHiddenCharts();
  const shown = drawings.filter(({ title }) => !hidden.includes(title));
  const others = drawings.length - shown.length;
  return (
    <>
      <div class="charts">
        {shown.map(({ title, format, curves }) => (
          <Chart
            key={title}
            title={title}
            format={format}
            curves={curves}
            onZoom={onZoom}
            onHide={() => hide(title)}
            isLog={settings.isLog}
            xLabel={settings.axis}
            crosshair="curves"
            hasLegend={runs.length > 1 || curves.length > 1}
          />
        ))}
      </div>
      {others > 0 && (
        <p>
          <button type="button" onClick={showAll}>
            Show {counted(others, 'hidden chart')}
          </button>
        </p>
      )}
    </>
  );
}

function drawingsOf(runs: readonly RunSeries[], settings: CurveSettings): Drawing[] {
  const steps = stepFigures.map((figure) => ({
    ...figure,
    curvesOf: (members: readonly RunSeries[]) =>
      curvesOf(members, figure.columns, (run, column, style) =>
        stepCurve(run.series, column, { ...style, settings, hasBand: run.isMean || run.isAlone }),
      ),
  }));
  const names = [...new Set(runs.flatMap(({ series }) => Object.keys(series.epochs)))];
  const epochs = epochFigures(names).map((figure) => ({
    ...figure,
    curvesOf: (members: readonly RunSeries[]) =>
      curvesOf(members, figure.columns, ({ series }, column, style) =>
        epochCurve(series, column, { ...style, settings }),
      ),
  }));
  const [loss, ...others] = steps;
  const figures = loss ? [loss, ...epochs, ...others] : [];
  const drawings = figures.flatMap(({ title, format, isLoss, curvesOf }) =>
    isLoss
      ? byLossKind(runs).map(([kind, members]) => ({
          title: kind === '' ? title : `${title}: ${kind}`,
          format,
          curves: curvesOf(members),
        }))
      : [{ title, format, curves: curvesOf(runs) }],
  );
  return drawings.filter(({ curves }) => curves.some(({ x }) => x.length > 0));
}

/** Runs with the kind of their losses, which is empty where all have the same. */
function byLossKind(runs: readonly RunSeries[]): [string, readonly RunSeries[]][] {
  const kinds = [...new Set(runs.map(({ lossKind }) => lossKind))];
  if (kinds.length < 2) return [['', runs]];
  return kinds.map((kind) => [kind, runs.filter((run) => run.lossKind === kind)]);
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
  curveOf: (run: RunSeries, column: Column, style: Style) => ChartCurve | undefined,
): ChartCurve[] {
  const [only] = runs;
  if (only?.isAlone) {
    const curves = columns.flatMap(
      ({ column, label }, i) => curveOf(only, column, { label, colour: seriesToken(i) }) ?? [],
    );
    return withoutRepeats(curves);
  }
  const [first] = columns;
  if (!first) return [];
  return runs.flatMap((run) => {
    const { name: label, colour } = run;
    return curveOf(run, first.column, { label, colour }) ?? [];
  });
}

/** Draws curves of the same numbers once, under both names. */
function withoutRepeats(curves: readonly ChartCurve[]): ChartCurve[] {
  const drawn = new Map<string, ChartCurve>();
  for (const curve of curves) {
    const key = JSON.stringify(curve.y);
    const same = drawn.get(key);
    drawn.set(key, same ? { ...same, label: `${same.label} and ${curve.label}` } : curve);
  }
  return [...drawn.values()];
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
  const [low, high] = [curve.low ?? [], curve.high ?? []].map((bound) =>
    curve.x[axis].flatMap((x, i) => (shown.some(([other]) => other === x) ? (bound[i] ?? []) : [])),
  );
  return {
    label,
    colour,
    x: shown.map(([x]) => x),
    y: shown.map(([, y]) => y),
    ...(low && high && low.length > 0 && { band: { low, high } }),
    hasPoints: true,
  };
}
