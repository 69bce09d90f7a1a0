/** The extremes of several processes, as columns. */
import type { ProcessPaces } from 'um-mae/runs';
import type { StepColumn } from '../../shared/protocol/series.js';

/** A number of the extremes among processes; undefined where there is no such column. */
export function extremeOf(
  { imagesPerSecond, dataWaitSeconds, exchangeSeconds, slowest }: ProcessPaces,
  column: StepColumn | string,
): number | undefined {
  switch (column) {
    case 'slowestImagesPerSecond':
      return imagesPerSecond[slowest];
    case 'fastestImagesPerSecond':
      return Math.max(...imagesPerSecond);
    case 'longestDataWait':
      return Math.max(...dataWaitSeconds);
    case 'longestExchange':
      return Math.max(...exchangeSeconds);
    case 'shortestExchange':
      return Math.min(...exchangeSeconds);
    default:
      return undefined;
  }
}
