/** COCO's numbers of a whole set, of boxes and of masks. */

import type { ObjectsOfImage } from '../../../data/objects/known-objects.js';
import { maskOfOutline } from '../../../data/objects/outlines/bitmap.js';
import { type CocoEvaluation, evaluateDetections } from '../../../detection/coco/evaluate.js';
import type { Measure } from '../../../detection/coco/matching.js';
import type { FoundObject, TrueObject } from '../../../detection/coco/objects.js';
import { cocoSummary, meanPrecision, meanRecall } from '../../../detection/coco/summary.js';
import { cocoRecalls } from '../../../detection/coco/thresholds.js';
import type { SeenObject } from '../find-objects.js';
import type { DetectionResults } from '../results.js';

/** An image with what is there and what was found. */
export interface EvaluatedImage {
  readonly known: ObjectsOfImage;
  readonly found: readonly SeenObject[];
}

/** The classes and the overlaps that are counted. */
export interface ScoreOptions {
  readonly classes: number;
  /** Overlaps from which on objects are found; null: those of COCO. */
  readonly overlaps: readonly number[] | null;
}

/** Evaluates by boxes or by masks, as COCO's tools do. */
export function evaluateBy(
  by: Measure,
  images: readonly EvaluatedImage[],
  { classes, overlaps }: ScoreOptions,
): CocoEvaluation {
  const objects = images.flatMap(({ known }) => trueObjects(known, by));
  const found = images.flatMap(({ known, found: own }) =>
    own.map(({ label, score, box, mask }): FoundObject => {
      const shape = by === 'mask' ? { mask } : { box };
      return { image: known.id, category: label, score, ...shape };
    }),
  );
  return evaluateDetections(objects, found, {
    by,
    images: images.map(({ known }) => known.id),
    categories: Array.from({ length: classes }, (_, label) => label),
    ...(overlaps && { thresholds: overlaps }),
  });
}

function trueObjects({ id: image, size, objects }: ObjectsOfImage, by: Measure): TrueObject[] {
  return objects.map(({ id, label, box, area, isCrowd, outline }) => ({
    image,
    category: label,
    id,
    area,
    isCrowd,
    box,
    mask: by === 'mask' && outline ? maskOfOutline(outline, size) : undefined,
  }));
}

/** The twelve numbers by COCO's names; null where no object is of a size. */
export function summaryOf(evaluation: CocoEvaluation): Record<string, number | null> {
  const entries = Object.entries(cocoSummary(evaluation));
  return Object.fromEntries(entries.map(([name, value]) => [name, scoreOrNull(value)]));
}

type ClassScores = DetectionResults['classes'][number]['boxes'];

/** The scores of one class. */
export function classScores(evaluation: CocoEvaluation, category: number): ClassScores {
  return {
    ap: scoreOrNull(meanPrecision(evaluation, { category })),
    ap50: scoreOrNull(meanPrecision(evaluation, { category, threshold: 0.5 })),
    ap75: scoreOrNull(meanPrecision(evaluation, { category, threshold: 0.75 })),
    recall: scoreOrNull(meanRecall(evaluation, { category })),
  };
}

/** COCO's -1, where nothing could be found, as null. */
function scoreOrNull(score: number): number | null {
  return score < 0 ? null : score;
}

type Curve = DetectionResults['curves'][number];

/** Precision by recall of every class with objects, at some of the overlaps. */
export function curvesOf(by: Measure, evaluation: CocoEvaluation): Curve[] {
  const { precision, thresholds, categories, areas, maxima } = evaluation;
  const each = categories.length * areas.length * maxima.length;
  return [...thresholds.entries()].flatMap(([t, overlap]) => {
    if (!shownOverlaps.some((shown) => Math.abs(shown - overlap) < 1e-9)) return [];
    return [...categories.entries()].flatMap(([c, label]): Curve[] => {
      const place = c * areas.length * maxima.length + maxima.length - 1;
      const values = [...cocoRecalls.keys()].map((r) =>
        Number(precision[(t * cocoRecalls.length + r) * each + place]),
      );
      return values.every((value) => value >= 0)
        ? [{ label, by, overlap: shownOverlap(overlap), precision: values }]
        : [];
    });
  });
}

const shownOverlaps = [0.5, 0.75];

/** An overlap as the published list has it, before rounding. */
function shownOverlap(overlap: number): number {
  return Math.round(100 * overlap) / 100;
}
