/** The scores of a fine-tuned segmentor, class by class and over time, and its worst images. */
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { SegmentationResults } from '../../../../shared/protocol/results.js';
import type { Series } from '../../../../shared/protocol/series.js';
import { plainCurves } from '../../../charts/curves/curve-settings.js';
import { useSeries } from '../../../charts/curves/use-series.js';
import { Chart } from '../../../charts/plot/chart.js';
import { seriesToken } from '../../../charts/plot/palette.js';
import { percent } from '../../../format.js';
import { ClassScores } from './class-scores.js';
import type { ResultsProps } from './results-part.js';
import { WorstImages } from './worst-images.js';
import './segmentation.css';

export function SegmentationView({
  best,
  details,
}: ResultsProps<SegmentationResults>): JSX.Element {
  const { id } = details.summary;
  const series = useSeries([id], plainCurves).get(id);
  const { meanIou, pixelAccuracy, classes, worst } = best;
  const counted = classes.filter(({ iou }) => iou !== null).length;
  return (
    <>
      <p class="headline">
        <strong>{percent(meanIou)}</strong> mean IoU over {counted} of {classes.length} classes by
        the best weights, those after epoch {Number(best.epoch.toFixed(2))}.{' '}
        {percent(pixelAccuracy)} of the pixels are right.
      </p>
      {series && <MeanIou series={series} />}
      <h2 class="section">Classes</h2>
      <ClassScores classes={classes} />
      <h2 class="section">Worst images</h2>
      <WorstImages images={worst} classes={classes} />
    </>
  );
}

/** The mean IoU after every evaluation. */
function MeanIou({ series }: { readonly series: Series }): JSX.Element | null {
  const curve = series.epochs.meanIou;
  const curves = useMemo(
    () =>
      curve
        ? [
            {
              label: 'mean IoU',
              colour: seriesToken(0),
              x: curve.x.epoch,
              y: curve.y,
              hasPoints: true,
            },
          ]
        : [],
    [curve],
  );
  if (!curve) return null;
  return (
    <Chart
      title="Mean IoU"
      curves={curves}
      xLabel="epoch"
      hasLegend={false}
      isLog={false}
      format={percent}
    />
  );
}
