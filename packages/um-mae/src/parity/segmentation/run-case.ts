import { UmMaeError } from '../../errors.js';
import type { Comparison } from '../comparison.js';
import type { Case } from '../fixture.js';
import { isResizeCase, runResizeCase } from './input/resize-case.js';
import { isTransformsCase, runTransformsCase } from './input/transforms-case.js';
import { isLossCase, runLossCase } from './loss-case.js';
import { isHeadCase, runHeadCase } from './networks/head-case.js';
import { isMapsCase, runMapsCase } from './networks/maps-case.js';
import { isSegmentorCase, runSegmentorCase } from './networks/model-case.js';
import { isPredictCase, runPredictCase } from './predict-case.js';
import { isScheduleCase, runScheduleCase } from './schedule-case.js';
import { isScoresCase, runScoresCase } from './scores-case.js';

/** The kinds of cases of semantic segmentation, by what `case.json` describes. */
const kinds = [
  { describes: isMapsCase, run: runMapsCase },
  { describes: isHeadCase, run: runHeadCase },
  { describes: isSegmentorCase, run: runSegmentorCase },
  { describes: isPredictCase, run: runPredictCase },
  { describes: isScheduleCase, run: runScheduleCase },
  { describes: isResizeCase, run: runResizeCase },
  { describes: isTransformsCase, run: runTransformsCase },
  { describes: isLossCase, run: runLossCase },
  { describes: isScoresCase, run: runScoresCase },
] as const;

/**
 * Computes a case of semantic segmentation.
 *
 * @throws UmMaeError when it is of another kind
 */
export function runSegmentationCase(fixture: Case): Comparison[] {
  const kind = kinds.find(({ describes }) => describes(fixture.json));
  if (kind) return kind.run(fixture);
  throw new UmMaeError(
    'parity',
    `Expected a case of segmentation in ${fixture.folder} but got another.`,
  );
}
