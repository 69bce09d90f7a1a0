/** A curve of scores over a value of recipes: the mean of its runs, from the lowest to the highest. */
import type { ListedRun } from '../../../shared/protocol/runs.js';
import type { ChartCurve } from '../../charts/plot/figure.js';
import { seriesToken } from '../../charts/plot/palette.js';
import { percent, significant } from '../../format.js';
import type { RunColumn } from '../runs/run-columns.js';
import { spreadOf } from '../runs/run-groups.js';

/** Numbers that runs can be ranked by. */
export interface Measure {
  readonly name: string;
  readonly format: (value: number) => string;
  readonly of: (run: ListedRun) => number | null;
}

/** The score that all runs have, or losses of one kind; undefined where they cannot be compared. */
export function measureOf(runs: readonly ListedRun[]): Measure | undefined {
  const names = new Set(runs.map(({ score }) => score?.name));
  const [any] = runs.flatMap(({ score }) => score ?? []);
  if (any && names.size === 1) {
    const { name, isShare } = any;
    const format = (value: number) => (isShare ? percent(value) : significant(value));
    return { name: inSentence(name), format, of: (run) => run.score?.value ?? null };
  }
  if (new Set(runs.map(({ lossKind }) => lossKind)).size > 1) return undefined;
  return { name: 'Loss', format: (value) => significant(value), of: (run) => run.loss };
}

function inSentence(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** The mean for each value, between the least and the greatest. */
export function curveOf(
  runs: readonly ListedRun[],
  column: RunColumn,
  { of }: Measure,
): ChartCurve {
  const byValue = new Map<number, number[]>();
  for (const run of runs) {
    const [x, y] = [column.value(run), of(run)];
    if (typeof x === 'number' && y !== null) byValue.set(x, [...(byValue.get(x) ?? []), y]);
  }
  const points = [...byValue].sort(([a], [b]) => a - b);
  const all = points.map(([, values]) => values);
  const areRepeated = all.some((values) => values.length > 1);
  return {
    label: 'mean',
    colour: seriesToken(0),
    x: points.map(([x]) => x),
    y: all.map((values) => spreadOf(values)?.mean ?? null),
    ...(areRepeated && {
      band: {
        low: all.map((values) => Math.min(...values)),
        high: all.map((values) => Math.max(...values)),
      },
    }),
    hasPoints: true,
  };
}
