/** Steps and epochs of a run as rows under one head, with as many columns as fit. */
import type { Metrics } from '../../../training/run-files/metrics/metrics-line.js';
import { bytes, compact, count, duration } from '../format.js';

/** A step, or the mean of an epoch. */
export interface TableRow {
  readonly metrics: Metrics;
  /** Undefined for an epoch, null while nobody knows. */
  readonly secondsLeft?: number | null | undefined;
  /** Steps of the whole run; undefined where nobody has said. */
  readonly steps: number | undefined;
}

interface Column {
  readonly head: string;
  readonly width: number;
  readonly cell: (row: TableRow) => string;
}

const between = '  ';
/** `47 h 59 min`, and beside it a share. */
const left = { head: 'left', width: 11 };
const done = { head: 'done', width: 6 };

/** The most important first, as they are kept where there is little room. */
const columns: readonly Column[] = [
  { ...left, cell: ({ secondsLeft }) => duration(secondsLeft ?? Number.NaN) },
  { ...done, cell: ({ metrics, steps }) => shareOf(metrics.step, steps) },
  { head: 'loss', width: 8, cell: ({ metrics }) => compact(metrics.loss, 4) },
  { head: 'step', width: 9, cell: ({ metrics }) => count(metrics.step) },
  { head: 'images/s', width: 8, cell: ({ metrics }) => compact(metrics.imagesPerSecond) },
  { head: 'epoch', width: 7, cell: ({ metrics }) => metrics.epoch.toFixed(2) },
  { head: 'lr', width: 8, cell: ({ metrics }) => compact(metrics.learningRate) },
  { head: 'slowest', width: 7, cell: ({ metrics }) => slowestOf(metrics) },
  { head: 'data wait', width: 9, cell: ({ metrics }) => `${metrics.dataWaitSeconds.toFixed(1)} s` },
  { head: 'memory', width: 7, cell: ({ metrics }) => bytes(metrics.residentBytes) },
];

/** The order on the line: first what people look for. */
const order = 'left done epoch step loss lr images/s data-wait slowest memory'
  .split(' ')
  .map((name) => name.replace('-', ' '));

/** The columns that fit `width`; those about several processes only where there are some. */
export function fittingColumns(width: number, { metrics }: TableRow): readonly Column[] {
  const wanted = columns.filter(({ head }) => head !== 'slowest' || metrics.processes);
  let used = -between.length;
  const kept: Column[] = [];
  for (const column of wanted) {
    used += between.length + column.width;
    if (used > width) break;
    kept.push(column);
  }
  return kept.sort((a, b) => order.indexOf(a.head) - order.indexOf(b.head));
}

export function headOf(shown: readonly Column[]): string {
  return shown.map(({ head, width }) => head.padStart(width)).join(between);
}

/** A row of a step; one of an epoch has its name in place of time and share. */
export function rowOf(shown: readonly Column[], row: TableRow): string {
  const cells = shown.map(({ cell, width }) => cell(row).padStart(width));
  if (row.metrics.kind === 'step') return cells.join(between);
  const name = 'epoch mean'.padEnd(left.width + between.length + done.width);
  return [name, ...cells.slice(2)].join(between);
}

function shareOf(step: number, steps: number | undefined): string {
  if (steps === undefined) return '?';
  const percent = (100 * step) / steps;
  // No run is done before its end.
  return `${percent === 100 ? '100' : Math.min(percent, 99.9).toFixed(1)} %`;
}

function slowestOf({ processes }: Metrics): string {
  return processes ? `${processes.slowest} of ${processes.imagesPerSecond.length}` : '';
}
