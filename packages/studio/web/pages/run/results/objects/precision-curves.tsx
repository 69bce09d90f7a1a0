/** Precision over recall, of each class. */
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { DetectionResults } from '../../../../../shared/protocol/detection-results.js';
import { Chart } from '../../../../charts/plot/chart.js';
import { seriesToken } from '../../../../charts/plot/palette.js';
import { percent } from '../../../../format.js';

interface CurvesProps {
  readonly curves: DetectionResults['curves'];
  readonly classes: readonly string[];
}

/** More curves cannot be told apart. */
const mostCurves = 8;

export function PrecisionCurves({ curves, classes }: CurvesProps): JSX.Element {
  const kinds = useMemo(
    () => [...new Map(curves.map((curve) => [keyOf(curve), curve])).values()],
    [curves],
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const key = chosen ?? (kinds[0] ? keyOf(kinds[0]) : '');
  const own = useMemo(() => curves.filter((curve) => keyOf(curve) === key), [curves, key]);
  const shown = useMemo(() => drawn(own.slice(0, mostCurves), classes), [own, classes]);
  if (kinds.length === 0) return <p>No object is expected.</p>;
  return (
    <>
      <div class="controls">
        <label>
          Overlap{' '}
          <select value={key} onChange={(event) => setChosen(event.currentTarget.value)}>
            {kinds.map((kind) => (
              <option key={keyOf(kind)} value={keyOf(kind)}>
                {kind.by === 'box' ? 'boxes' : 'masks'}, {kind.overlap}
              </option>
            ))}
          </select>
        </label>
        {own.length > mostCurves && (
          <span class="quiet-text">
            The first {mostCurves} of {own.length} classes.
          </span>
        )}
      </div>
      <Chart
        title="Precision"
        isOverTime={false}
        curves={shown}
        xLabel="recall"
        hasLegend={shown.length > 1}
        isLog={false}
        format={percent}
      />
    </>
  );
}

type Curve = DetectionResults['curves'][number];

function keyOf({ by, overlap }: Curve): string {
  return `${by} ${overlap}`;
}

function drawn(curves: readonly Curve[], classes: readonly string[]) {
  return curves.map(({ label, precision }, i) => ({
    label: classes[label] ?? `class ${label}`,
    colour: seriesToken(i),
    x: precision.map((_, recall) => recall / Math.max(1, precision.length - 1)),
    y: precision,
  }));
}
