/** The scores of a detector over time and class by class, its confusions and its worst images. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { DetectionResults } from '../../../../../shared/protocol/detection-results.js';
import type { Series } from '../../../../../shared/protocol/series.js';
import { plainCurves } from '../../../../charts/curves/curve-settings.js';
import { useSeries } from '../../../../charts/curves/use-series.js';
import { Chart } from '../../../../charts/plot/chart.js';
import type { ChartCurve } from '../../../../charts/plot/figure.js';
import { seriesToken } from '../../../../charts/plot/palette.js';
import { percent } from '../../../../format.js';
import { ConfusionMatrix } from '../confusion-matrix.js';
import type { ResultsProps } from '../results-part.js';
import { ComparedImages } from './compared-images.js';
import { CocoNumbers, ObjectScoresTable } from './object-scores.js';
import { PrecisionCurves } from './precision-curves.js';
import './detection.css';

export function DetectionView({ best, details }: ResultsProps<DetectionResults>): JSX.Element {
  const { id } = details.summary;
  const series = useSeries([id], plainCurves).get(id);
  const { boxes, masks, classes, epoch, leastScore } = best;
  const names = classes.map(({ name }) => name);
  return (
    <>
      <p class="headline">
        <strong>{percent(boxes.AP ?? null)}</strong> AP of boxes
        {masks && (
          <>
            {' '}
            and <strong>{percent(masks.AP ?? null)}</strong> of masks
          </>
        )}{' '}
        by the best weights, those after epoch {Number(epoch.toFixed(2))}.
      </p>
      {series && <PrecisionOverTime series={series} />}
      <CocoNumbers boxes={boxes} masks={masks} />
      <h2 class="section">Classes</h2>
      <ObjectScoresTable classes={classes} />
      <h2 class="section">Precision and recall</h2>
      <PrecisionCurves curves={best.curves} classes={names} />
      <h2 class="section">Confusion</h2>
      <p class="quiet-text">
        Objects with scores from {percent(leastScore, 0)} on, at an overlap of 0.5. The row of the
        background holds what is found where nothing is, its column what is missed.
      </p>
      {best.confusion.length > 0 ? (
        <ConfusionMatrix
          pairs={pairsOf(best.confusion)}
          classes={[...names, 'background']}
          unit="objects"
        />
      ) : (
        <p class="quiet-text">Of more than 1,000 classes confusions are not kept.</p>
      )}
      <h2 class="section">Worst images</h2>
      <ComparedImages images={best.worst} classes={names} leastScore={leastScore} />
    </>
  );
}

function pairsOf(confusion: DetectionResults['confusion']): [number, number, number][] {
  return confusion.flatMap((row, label) =>
    row.flatMap((count, found): [number, number, number][] =>
      count > 0 ? [[label, found, count]] : [],
    ),
  );
}

/** The average precision after every evaluation. */
function PrecisionOverTime({ series }: { readonly series: Series }): JSX.Element | null {
  const { boxAp, maskAp } = series.epochs;
  const curves = useMemo(() => {
    const named = [
      ['boxes', boxAp],
      ['masks', maskAp],
    ] as const;
    return named.flatMap(([label, curve], i): ChartCurve[] =>
      curve
        ? [{ label, colour: seriesToken(i), x: curve.x.epoch, y: curve.y, hasPoints: true }]
        : [],
    );
  }, [boxAp, maskAp]);
  if (curves.length === 0) return null;
  return (
    <Chart
      title="Average precision"
      curves={curves}
      xLabel="epoch"
      hasLegend={curves.length > 1}
      isLog={false}
      format={percent}
    />
  );
}
