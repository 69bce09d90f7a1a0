/** A classifier's evaluation: scores, a picture of the confusion matrix, and its worst mistakes. */
import { ok as assert } from 'node:assert';
import { at } from '../../../at.js';
import type { KnownImages } from '../../../data/known-images.js';
import { chanceLevel, shareInterval } from '../../../features/probe/share-interval.js';
import type { Classifier } from '../../../heads/classifier.js';
import { renderConfusion } from '../../../pictures/confusion-picture.js';
import type { Evaluation, EvaluationOptions } from '../../../training/evaluation.js';
import { type ClassificationScores, evaluateClassifier } from '../classification.js';
import { type ConfusedImages, describeClassScores, scoresByClass } from './class-scores.js';
import { resultsOf } from './collect-results.js';

export interface ClassifierEvaluationOptions extends EvaluationOptions {
  /** Names of the classes, in the order of the logits. */
  readonly classes: readonly string[];
}

/**
 * @param evaluated images of each of which the class is known
 * @returns of several processes, in the one that leads; in the others nothing
 */
export async function evaluationOf(
  model: Classifier,
  { images, targets }: KnownImages<number>,
  { classes, epoch, team, ...options }: ClassifierEvaluationOptions,
): Promise<Evaluation | undefined> {
  const labels = Int32Array.from({ length: images.count }, (_, index) => labelOf(targets(index)));
  const found = await evaluateClassifier(model, { images, labels }, { ...options, team });
  if (!found) return undefined;
  const { scores, confusion, skipped } = found;
  const intervals = {
    topOne: shareInterval(scores.topOne, scores.images),
    topFive: shareInterval(scores.topFive, scores.images),
  };
  const chance = chanceLevel(labels);
  const byClass = scoresByClass(confusion, classes.length);
  const table = tableOf(confusion, classes.length);
  const title = epoch === undefined ? 'Confusion' : `Confusion after epoch ${epoch}`;
  return {
    scores: { ...scores },
    images: images.count,
    skipped,
    details: {
      classes,
      confusion: table ?? null,
      confused: confusion,
      classScores: byClass,
      chance,
      intervals,
    },
    notes: [
      `95 % interval of top-1 ${percent(intervals.topOne[0])} to ${percent(intervals.topOne[1])}, chance ${percent(chance)}`,
      ...describeClassScores(byClass, classes),
    ],
    ...(table && {
      picture: {
        name: 'confusion',
        draw: () =>
          renderConfusion({ title, note: describeScores(scores), classes, confusion: table }),
      },
    }),
    results: (moment) => resultsOf(moment, { ...found, images }),
  };
}

/** Tables of more classes have no readers, and take memory by the square of their number. */
const mostInTable = 1000;

/** Images by true class, then by predicted class; undefined where these are too many. */
function tableOf(confusion: readonly ConfusedImages[], classes: number): number[][] | undefined {
  if (classes > mostInTable) return undefined;
  const table = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [label, predicted, images] of confusion) at(table, label)[predicted] = images;
  return table;
}

/** The class of an image that is learnt from or evaluated on. */
export function labelOf(target: number | undefined): number {
  assert(target !== undefined, 'every image of a classifier has a class');
  return target;
}

function describeScores({ topOne, perClass, images }: ClassificationScores): string {
  return `${percent(topOne)} of ${images} images right, ${percent(perClass)} averaged over classes. Counts, and per cent of a row.`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
