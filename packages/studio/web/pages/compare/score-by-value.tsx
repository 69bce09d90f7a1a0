/** The scores of runs over a value of their recipes: which one is best, and how sure that is. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ListedRun } from '../../../shared/protocol/runs.js';
import { Chart } from '../../charts/plot/chart.js';
import { valueColumns } from '../runs/run-columns.js';
import { curveOf, measureOf } from './value-curve.js';

/** Values whose largest is so many times the smallest are on a log scale. */
const logSpan = 8;

export function ScoreByValue({
  runs,
}: {
  readonly runs: readonly ListedRun[];
}): JSX.Element | null {
  const [path, setPath] = useState<string>();
  const columns = valueColumns(runs).filter(({ key, isNumber }) => isNumber && key !== 'seed');
  const measure = useMemo(() => measureOf(runs), [runs]);
  const column = columns.find(({ key }) => key === path) ?? columns[0];
  const curve = useMemo(
    () => (measure && column ? curveOf(runs, column, measure) : undefined),
    [runs, measure, column?.key],
  );
  if (!measure || !column || !curve || curve.x.length < 2) return null;
  return (
    <>
      <h2 class="section">Values</h2>
      <div class="controls">
        <label>
          {measure.name} by{' '}
          <select value={column.key} onChange={({ currentTarget }) => setPath(currentTarget.value)}>
            {columns.map(({ key, label }) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <span class="quiet-text">
          Means of the runs with a value, from the lowest to the highest.
        </span>
      </div>
      <div class="charts">
        <Chart
          title={`${measure.name} by ${column.label.toLowerCase()}`}
          format={measure.format}
          curves={[curve]}
          isLog={false}
          isXLog={isWide(curve.x)}
          xLabel={column.label.toLowerCase()}
          isOverTime={false}
          hasLegend={false}
        />
      </div>
    </>
  );
}

function isWide(values: readonly number[]): boolean {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least > 0 && most >= logSpan * least;
}
