/** The tasks whose results have a view, one line for each. */
import type { ComponentType } from 'preact';
import type { PartProps } from '../part.js';
import { ClassificationView } from './classification-view.js';
import { DetectionView } from './objects/detection-view.js';
import { resultsPart } from './results-part.js';
import { SegmentationView } from './segmentation-view.js';

/** The part of the page that shows the results of a task. */
interface ResultsView {
  /** The name of the task in recipes. */
  readonly task: string;
  readonly view: ComponentType<PartProps>;
}

export const resultsViews: readonly ResultsView[] = [
  { task: 'classification', view: resultsPart(ClassificationView, 'Confusion matrix') },
  { task: 'segmentation', view: resultsPart(SegmentationView, 'Segmentation') },
  { task: 'detection', view: resultsPart(DetectionView, 'Detection') },
  { task: 'instances', view: resultsPart(DetectionView, 'Detection') },
];
