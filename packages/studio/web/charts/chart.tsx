/**
 * One figure of curves, drawn by uPlot: the reading under the pointer stands above, in a line that
 * is always there.
 */

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { at } from '../../shared/at.js';
import 'uplot/dist/uPlot.min.css';
import './chart.css';
import { dash } from '../format.js';
import { useTheme } from '../use-theme.js';
import { faint, resolveColour } from './palette.js';

/** A curve of a figure. */
export interface ChartCurve {
  readonly label: string;
  /** A custom property that holds its colour. */
  readonly colour: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  /** The extremes around `y`; none where there are no others. */
  readonly band?: {
    readonly low: readonly (number | null)[];
    readonly high: readonly (number | null)[];
  };
  /** Whether single points are marked. */
  readonly hasPoints?: boolean;
}

export interface ChartProps {
  readonly title: string;
  readonly curves: readonly ChartCurve[];
  readonly xLabel: string;
  /** Whether the reading names the curves. */
  readonly hasLegend: boolean;
  readonly isLog: boolean;
  readonly format: (value: number) => string;
  /** Whether the last values are the latest ones, and are shown. Default true. */
  readonly isOverTime?: boolean;
  /** Called when the user drags over a part of the x axis. */
  readonly onZoom?: (from: number, to: number) => void;
}

const height = 200;

export function Chart(props: ChartProps): JSX.Element {
  const { title, curves, format, xLabel, hasLegend, isOverTime = true } = props;
  const place = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const theme = useTheme();
  const data = joined(curves);

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const plot = new uPlot(optionsFor(props, element, setPointed), data, element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [curves, props.isLog, xLabel, theme]);

  return (
    <figure class="chart card">
      <figcaption>
        <span class="chart-title">{title}</span>
        <Reading
          curves={curves}
          data={data}
          format={format}
          xLabel={xLabel}
          hasLegend={hasLegend}
          isOverTime={isOverTime}
          index={pointed}
        />
      </figcaption>
      <div ref={place} class="chart-canvas" role="img" aria-label={describe(props)} />
    </figure>
  );
}

interface ReadingProps extends Pick<ChartProps, 'curves' | 'format' | 'xLabel' | 'hasLegend'> {
  readonly isOverTime: boolean;
  readonly data: uPlot.AlignedData;
  readonly index: number | null;
}

/** Values under the pointer, or the last ones. */
function Reading({ curves, data, index, ...props }: ReadingProps): JSX.Element {
  const { format, xLabel, hasLegend, isOverTime } = props;
  const [x] = data;
  const place = index === null ? undefined : x[index];
  const value = (column: number) => {
    const values = data[column + 1] ?? [];
    const found = index === null ? lastOf(values) : values[index];
    return found === null || found === undefined ? dash : format(found);
  };
  const hasValues = isOverTime || place !== undefined;
  const rest = isOverTime ? 'latest' : `by ${xLabel}; point at a place to read it`;
  const columns = columnsOf(curves);
  return (
    <span class="chart-reading">
      {curves.map((curve, i) => (
        <span key={curve.label}>
          {hasLegend && <i class="swatch" style={{ background: `var(${curve.colour})` }} />}
          {hasLegend && `${curve.label} `}
          {hasValues && value(at(columns, i))}
        </span>
      ))}
      <span class="quiet-text">
        {place === undefined ? rest : `${xLabel} ${Number(place.toPrecision(5))}`}
      </span>
    </span>
  );
}

function describe({ title, curves, format, xLabel, isOverTime = true }: ChartProps): string {
  if (!isOverTime) return `${title}. By ${xLabel}.`;
  const parts = curves.map(({ label, y }) => {
    const last = lastOf(y);
    return `${label} ${typeof last === 'number' ? format(last) : 'nothing yet'}`;
  });
  return `${title}. Latest: ${parts.join(', ')}.`;
}

function lastOf(values: ArrayLike<number | null | undefined>): number | null | undefined {
  for (let i = values.length - 1; i >= 0; i--)
    if (values[i] !== null && values[i] !== undefined) return values[i];
  return null;
}

/** Returns the column of each curve's own values. A band takes two more columns. */
function columnsOf(curves: readonly ChartCurve[]): number[] {
  let next = 0;
  return curves.map(({ band }) => {
    const column = next;
    next += band ? 3 : 1;
    return column;
  });
}

/** Curves with x of their own on one x, which uPlot asks for. */
function joined(curves: readonly ChartCurve[]): uPlot.AlignedData {
  const tables = curves.map(({ x, y, band }): uPlot.AlignedData => {
    const columns = band ? [y, band.low, band.high] : [y];
    return [[...x], ...columns.map((column) => [...column])];
  });
  const [only] = tables;
  if (!only) return [[]];
  return tables.length === 1 ? only : uPlot.join(tables);
}

function optionsFor(
  { curves, isLog, format, onZoom }: ChartProps,
  element: HTMLElement,
  onPoint: (index: number | null) => void,
): uPlot.Options {
  const [ink, line] = ['--quiet', '--line'].map((token) => resolveColour(element, token));
  const axis: uPlot.Axis = {
    ...(ink !== undefined && { stroke: ink }),
    grid: { ...(line !== undefined && { stroke: line }), width: 1 },
    ticks: { show: false },
    font: `12px ${getComputedStyle(element).fontFamily}`,
  };
  const columns = columnsOf(curves);
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    scales: { x: { time: false }, y: { distr: isLog ? 3 : 1 } },
    axes: [
      { ...axis, size: 28 },
      {
        ...axis,
        size: 58,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))),
      },
    ],
    series: [{}, ...curves.flatMap((curve) => seriesOf(curve, element))],
    bands: curves.flatMap((curve, i): uPlot.Band[] => {
      if (!curve.band) return [];
      const own = at(columns, i) + 1;
      return [{ series: [own + 2, own + 1], fill: faint(resolveColour(element, curve.colour)) }];
    }),
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: onZoom !== undefined, y: false, setScale: false },
    },
    hooks: {
      setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 5) return;
          onZoom?.(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** The curve, and the invisible edges of its band. */
function seriesOf(
  { label, colour, band, hasPoints }: ChartCurve,
  element: HTMLElement,
): uPlot.Series[] {
  const stroke = resolveColour(element, colour);
  const own = {
    label,
    stroke,
    width: 1.5,
    spanGaps: true,
    points: { show: hasPoints ?? false, size: 5 },
  };
  // A band without a breadth is a line: that of what has been smoothed.
  const isLine = band?.low === band?.high;
  const edge = {
    stroke: isLine ? faint(stroke) : 'transparent',
    width: isLine ? 1 : 0,
    points: { show: false },
  };
  return band ? [own, edge, edge] : [own];
}
