/**
 * Suppression of boxes by better ones that they overlap, all at once or step by step.
 *
 * Source: Bodla et al. 2017 (soft-NMS), arXiv:1704.04503.
 */
import type { Candidates } from './objects.js';

export interface SuppressionRule {
  /** A box goes when its intersection over union with a better one is greater. */
  readonly overlap: number;
  /** Whether boxes of other classes suppress it, too. Default false. */
  readonly acrossClasses?: boolean | undefined;
}

/**
 * The places of boxes that stay, best first; of equal scores the first is the better.
 *
 * @example
 * ```ts
 * import { suppress } from 'um-mae/detect';
 *
 * const candidates = {
 *   boxes: Float32Array.of(0, 0, 10, 10, 1, 1, 10, 10, 20, 20, 30, 30),
 *   scores: Float32Array.of(0.9, 0.8, 0.7),
 *   labels: Uint32Array.of(0, 0, 0),
 * };
 * console.log(suppress(candidates, { overlap: 0.5 })); // [ 0, 2 ]
 * ```
 */
export function suppress(
  { boxes, scores, labels }: Candidates,
  { overlap, acrossClasses = false }: SuppressionRule,
): number[] {
  const kept: number[] = [];
  for (const place of byScore(scores)) {
    const isCovered = kept.some(
      (other) =>
        (acrossClasses || labels[other] === labels[place]) &&
        overlapOf(boxes, other, place) > overlap,
    );
    if (!isCovered) kept.push(place);
  }
  return kept;
}

/** The way in which a score falls: by the overlap, or by a bell curve of it. */
export type Decay = 'linear' | 'gaussian';

export interface SoftRule {
  /** Default 'linear'. */
  readonly decay?: Decay;
  /** Overlaps from here on lower a score; with 'gaussian' all do. Default 0.3. */
  readonly overlap?: number;
  /** Width of the bell curve. Default 0.5. */
  readonly sigma?: number;
  /** A box whose score falls below is dropped. Default 0.001. */
  readonly least?: number;
  /** Whether boxes of other classes lower a score, too. Default false. */
  readonly acrossClasses?: boolean | undefined;
}

/** The boxes that soft suppression takes, in the order of taking. */
export interface SoftlyKept {
  readonly places: readonly number[];
  /** The lowered score of each. */
  readonly scores: readonly number[];
}

/**
 * Takes the box of the best score, lowers those that it overlaps, and so on.
 *
 * @example
 * ```ts
 * import { suppressSoftly } from 'um-mae/detect';
 *
 * const candidates = {
 *   boxes: Float32Array.of(0, 0, 10, 10, 1, 1, 10, 10, 20, 20, 30, 30),
 *   scores: Float32Array.of(0.9, 0.8, 0.7),
 *   labels: Uint32Array.of(0, 0, 0),
 * };
 * console.log(suppressSoftly(candidates).places); // [ 0, 2, 1 ]
 * ```
 */
export function suppressSoftly(
  { boxes, scores, labels }: Candidates,
  rule: SoftRule = {},
): SoftlyKept {
  const { decay = 'linear', overlap = 0.3, sigma = 0.5, least = 0.001, acrossClasses } = rule;
  let left = [...scores.keys()].map((place) => ({ place, score: Number(scores[place]) }));
  const kept: { place: number; score: number }[] = [];
  while (left.length > 0) {
    const best = left.reduce((a, b) => (b.score > a.score ? b : a));
    kept.push(best);
    left = left.filter((one) => {
      if (one === best) return false;
      if (!acrossClasses && labels[one.place] !== labels[best.place]) return true;
      const shared = overlapOf(boxes, best.place, one.place);
      if (decay === 'gaussian') one.score *= Math.exp(-(shared * shared) / sigma);
      else if (shared >= overlap) one.score *= 1 - shared;
      return one.score >= least;
    });
  }
  return { places: kept.map(({ place }) => place), scores: kept.map(({ score }) => score) };
}

/** Places by falling score; equal ones in their order. */
export function byScore(scores: Float32Array): Uint32Array {
  return Uint32Array.from(scores.keys()).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number) || a - b,
  );
}

/** Intersection over union of two boxes; not a number where neither has an area. */
function overlapOf(boxes: Float32Array, a: number, b: number): number {
  const side = (box: number, i: number) => boxes[4 * box + i] as number;
  const across = Math.min(side(a, 2), side(b, 2)) - Math.max(side(a, 0), side(b, 0));
  const down = Math.min(side(a, 3), side(b, 3)) - Math.max(side(a, 1), side(b, 1));
  const shared = Math.max(across, 0) * Math.max(down, 0);
  const area = (box: number) => (side(box, 2) - side(box, 0)) * (side(box, 3) - side(box, 1));
  return shared / (area(a) + area(b) - shared);
}
