/** Precision and recall over all images, from the verdicts on each of them. */
import { type Matches, type Scene, verdicts } from './matching.js';
import { cocoRecalls } from './thresholds.js';

/**
 * The scores of every threshold, category, range of areas and maximum; -1 where no object is
 * expected.
 */
export interface AccumulatedScores {
  /** [thresholds, recalls, categories, areas, maxima]: precision at each of 101 recalls */
  readonly precision: Float64Array;
  /** [thresholds, categories, areas, maxima]: the mean of `precision` over recalls */
  readonly averagePrecision: Float64Array;
  /** [thresholds, categories, areas, maxima]: the largest recall */
  readonly recall: Float64Array;
}

/** One category of all images. */
export interface CategoryMatches {
  readonly scenes: readonly Scene[];
  /** Matches of each range of areas, then of each scene. */
  readonly matched: readonly (readonly Matches[])[];
}

interface Sizes {
  readonly thresholds: readonly number[];
  readonly maxima: readonly number[];
}

export function accumulate(
  categories: readonly CategoryMatches[],
  { thresholds, maxima }: Sizes,
): AccumulatedScores {
  const areas = categories[0]?.matched.length ?? 0;
  const each = categories.length * areas * maxima.length;
  const precision = new Float64Array(thresholds.length * cocoRecalls.length * each).fill(-1);
  const averagePrecision = new Float64Array(thresholds.length * each).fill(-1);
  const recall = new Float64Array(thresholds.length * each).fill(-1);
  for (const [c, { scenes, matched }] of categories.entries()) {
    for (const [m, most] of maxima.entries()) {
      const order = byScore(scenes, most);
      for (const [a, matches] of matched.entries()) {
        const expected = matches.reduce((sum, one) => sum + one.expected, 0);
        if (expected === 0) continue;
        const at = (c * areas + a) * maxima.length + m;
        for (const t of thresholds.keys()) {
          const curve = precisionAt(order, matches, t, expected);
          for (const [r, value] of curve.values.entries()) {
            precision[(t * cocoRecalls.length + r) * each + at] = value;
          }
          const sum = curve.values.reduce((total, value) => total + value, 0);
          averagePrecision[t * each + at] = sum / cocoRecalls.length;
          recall[t * each + at] = curve.recall;
        }
      }
    }
  }
  return { precision, averagePrecision, recall };
}

/** The found objects by falling score; equal ones in the order of images. */
interface Order {
  /** The scene of each, and below its place there. */
  readonly scenes: Uint32Array;
  readonly places: Uint32Array;
  /** The number of found objects of each scene, before it is cut. */
  readonly counts: Uint32Array;
}

function byScore(all: readonly Scene[], most: number): Order {
  const kept = all.map(({ scores }) => Math.min(scores.length, most));
  const count = kept.reduce((sum, own) => sum + own, 0);
  const [scores, scenes, places] = [
    new Float64Array(count),
    new Uint32Array(count),
    new Uint32Array(count),
  ];
  let at = 0;
  for (const [s, own] of kept.entries()) {
    for (let d = 0; d < own; d++, at++) {
      scores[at] = all[s]?.scores[d] as number;
      scenes[at] = s;
      places[at] = d;
    }
  }
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number) || a - b,
  );
  return {
    scenes: order.map((i) => scenes[i] as number),
    places: order.map((i) => places[i] as number),
    counts: Uint32Array.from(all, ({ scores: own }) => own.length),
  };
}

/** The precision at each recall, made to fall from left to right, and the largest recall. */
function precisionAt(
  { scenes, places, counts }: Order,
  matches: readonly Matches[],
  threshold: number,
  expected: number,
): { readonly values: Float64Array; readonly recall: number } {
  const [precisions, recalls] = [new Float64Array(scenes.length), new Float64Array(scenes.length)];
  let [right, wrong] = [0, 0];
  for (let i = 0; i < scenes.length; i++) {
    const scene = scenes[i] as number;
    const place = threshold * (counts[scene] as number) + (places[i] as number);
    const verdict = matches[scene]?.verdicts[place];
    if (verdict === verdicts.right) right++;
    else if (verdict === verdicts.wrong) wrong++;
    recalls[i] = right / expected;
    precisions[i] = right / (right + wrong + Number.EPSILON);
  }
  for (let i = precisions.length - 2; i >= 0; i--) {
    precisions[i] = Math.max(precisions[i] as number, precisions[i + 1] as number);
  }
  const values = new Float64Array(cocoRecalls.length);
  let i = 0;
  for (const [r, recall] of cocoRecalls.entries()) {
    while (i < recalls.length && (recalls[i] as number) < recall) i++;
    values[r] = i < recalls.length ? (precisions[i] as number) : 0;
  }
  // Recall rises: its last value is the largest.
  return { values, recall: right / expected };
}
