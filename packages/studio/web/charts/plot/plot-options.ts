/** A figure of curves as uPlot draws it. */
import uPlot from 'uplot';
import { at } from '../../../shared/at.js';
import type { ChartCurve, ChartProps } from './figure.js';
import { faint, resolveColour } from './palette.js';

export const chartHeight = 200;

/** Returns the column of each curve's own values. A band takes two more columns. */
export function columnsOf(curves: readonly ChartCurve[]): number[] {
  let next = 0;
  return curves.map(({ band }) => {
    const column = next;
    next += band ? 3 : 1;
    return column;
  });
}

/** Curves with x of their own on one x, which uPlot asks for. */
export function joined(curves: readonly ChartCurve[]): uPlot.AlignedData {
  const tables = curves.map(({ x, y, band }): uPlot.AlignedData => {
    const columns = band ? [y, band.low, band.high] : [y];
    return [[...x], ...columns.map((column) => [...column])];
  });
  const [only] = tables;
  if (!only) return [[]];
  return tables.length === 1 ? only : uPlot.join(tables);
}

export function optionsFor(
  { curves, isLog, isXLog = false, isOverTime = true, format, onZoom, crosshair }: ChartProps,
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
    height: chartHeight,
    legend: { show: false },
    scales: { x: { time: false, distr: isXLog ? 3 : 1 }, y: { distr: isLog ? 3 : 1 } },
    axes: [
      {
        ...axis,
        size: 28,
        // Steps have thousands; other numbers may have any digits.
        ...(!isOverTime && { values: (_, ticks) => ticks.map((tick) => shortest(tick)) }),
      },
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
      ...(crosshair !== undefined && { sync: sharedBy(crosshair) }),
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

/** A number without the digits that rounding has left; nothing for a tick without a label. */
function shortest(tick: number | null): string {
  return tick === null ? '' : String(Number(tick.toPrecision(6)));
}

/** The pointer's place on the x axis, and nothing else, for all figures of one name. */
function sharedBy(key: string): uPlot.Cursor.Sync {
  const pub = (type: string) => type === 'mousemove' || type === 'mouseleave';
  return { key, scales: ['x', null], filters: { pub, sub: () => true } };
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
