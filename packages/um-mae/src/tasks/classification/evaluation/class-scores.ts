/** Precision, recall and F1 of every class, from the confusions of a classifier. */

import { at } from '../../../at.js';

/** Images by true and predicted class: [true class, predicted class, images]. */
export type ConfusedImages = readonly [label: number, predicted: number, images: number];

/** Scores of one class. */
export interface ClassScore {
  readonly label: number;
  /** Images of the class. */
  readonly images: number;
  /** Share of the images taken for the class that are of it; null where there are none. */
  readonly precision: number | null;
  /** Share of the images of the class that are recognised; null where there are none. */
  readonly recall: number | null;
  /** Harmonic mean of precision and recall; null of a class that neither is nor is predicted. */
  readonly f1: number | null;
}

/**
 * Counts precision, recall and F1 of every class.
 *
 * @param classes the number of classes
 *
 * @example
 * ```ts
 * import { scoresByClass } from 'um-mae/runs';
 *
 * // Three images of class 0, one of which is taken for class 1.
 * const [scores] = scoresByClass([[0, 0, 2], [0, 1, 1]], 2);
 * console.log(scores?.precision, scores?.recall?.toFixed(2)); // 1 0.67
 * ```
 */
export function scoresByClass(confused: readonly ConfusedImages[], classes: number): ClassScore[] {
  const counts = Array.from({ length: classes }, () => ({ images: 0, predicted: 0, right: 0 }));
  for (const [label, predicted, images] of confused) {
    const [own, other] = [counts[label], counts[predicted]];
    if (own) own.images += images;
    if (other) other.predicted += images;
    if (own && label === predicted) own.right += images;
  }
  return counts.map(({ images, predicted, right }, label) => ({
    label,
    images,
    precision: predicted === 0 ? null : right / predicted,
    recall: images === 0 ? null : right / images,
    f1: images + predicted === 0 ? null : (2 * right) / (images + predicted),
  }));
}

/** Classes beyond this number are too many to read: those of the least F1 are listed. */
const mostListed = 100;
const worstListed = 20;

/** A table of the classes, as lines for people. */
export function describeClassScores(
  scores: readonly ClassScore[],
  classes: readonly string[],
): string[] {
  const isLong = scores.length > mostListed;
  const listed = isLong
    ? scores.toSorted((a, b) => (a.f1 ?? 1) - (b.f1 ?? 1)).slice(0, worstListed)
    : scores;
  const rows = listed.map(({ label, images, precision, recall, f1 }) => [
    classes[label] ?? `class ${label}`,
    `${images}`,
    ...[precision, recall, f1].map(percent),
  ]);
  const head = ['class', 'images', 'precision', 'recall', 'F1'];
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(at(widths, i)) : cell.padStart(at(widths, i))))
      .join('  '),
  );
  return isLong ? [`The ${worstListed} classes of the least F1:`, ...lines] : lines;
}

function percent(share: number | null): string {
  return share === null ? '-' : `${(100 * share).toFixed(1)} %`;
}
