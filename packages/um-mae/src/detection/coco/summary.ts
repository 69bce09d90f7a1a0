/** The numbers that COCO reports of an evaluation. */
import type { CocoEvaluation } from './evaluate.js';

/** Selects the scores that a mean is taken over; all of what is not given. */
export interface Selection {
  readonly threshold?: number;
  /** The name of a range of areas. Default all of them. */
  readonly area?: string;
  /** Found objects of an image and category. Default the largest. */
  readonly maximum?: number;
  readonly category?: number;
}

/** The twelve numbers of average precision (AP) and recall (AR), by name; -1 where no object is. */
export function cocoSummary(evaluation: CocoEvaluation): Readonly<Record<string, number>> {
  const sizes = ['small', 'medium', 'large'];
  const named: readonly (readonly [name: string, value: number])[] = [
    ['AP', meanPrecision(evaluation)],
    ['AP50', meanPrecision(evaluation, { threshold: 0.5 })],
    ['AP75', meanPrecision(evaluation, { threshold: 0.75 })],
    ...sizes.map((area) => [`AP_${area}`, meanPrecision(evaluation, { area })] as const),
    ...evaluation.maxima.map(
      (maximum) => [`AR_${maximum}`, meanRecall(evaluation, { maximum })] as const,
    ),
    ...sizes.map((area) => [`AR_${area}`, meanRecall(evaluation, { area })] as const),
  ];
  return Object.fromEntries(named);
}

/** Average precision of each category by its id; -1 of one without objects. */
export function precisionByCategory(evaluation: CocoEvaluation): ReadonlyMap<number, number> {
  const { categories } = evaluation;
  return new Map(categories.map((category) => [category, meanPrecision(evaluation, { category })]));
}

/** The mean of average precision over thresholds and categories with objects. */
export function meanPrecision(evaluation: CocoEvaluation, selection: Selection = {}): number {
  return selectedMean(evaluation, evaluation.averagePrecision, selection);
}

/** The mean of the largest recall over thresholds and categories with objects. */
export function meanRecall(evaluation: CocoEvaluation, selection: Selection = {}): number {
  return selectedMean(evaluation, evaluation.recall, selection);
}

function selectedMean(
  { thresholds, categories, areas, maxima }: CocoEvaluation,
  scores: Float64Array,
  { threshold, area = 'all', maximum = Math.max(...maxima), category }: Selection,
): number {
  const a = areas.findIndex(({ name }) => name === area);
  const m = maxima.indexOf(maximum);
  if (a < 0 || m < 0) return -1;
  const values = [...thresholds.entries()].flatMap(([t, value]) => {
    if (threshold !== undefined && Math.abs(value - threshold) > 1e-9) return [];
    return [...categories.entries()].flatMap(([c, id]) => {
      if (category !== undefined && id !== category) return [];
      const place = ((t * categories.length + c) * areas.length + a) * maxima.length + m;
      const score = scores[place] as number;
      return score > -1 ? [score] : [];
    });
  });
  if (values.length === 0) return -1;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
