/** Objects of one picture from the boxes and scores that a graph gives for it. */
import {
  type Candidates,
  chosen,
  clip,
  type DetectedObject,
  type ShownPicture,
  toOriginal,
} from './objects.js';
import {
  byScore,
  type SoftRule,
  type SuppressionRule,
  suppress,
  suppressSoftly,
} from './suppression.js';

/** The boxes of every place, and the scores of every class there. */
export interface ScoredBoxes {
  /** [places, 4], or [places, classes, 4] with a box for each class, in pixels of the input */
  readonly boxes: Float32Array;
  /** [places, classes] */
  readonly scores: Float32Array;
  readonly classes: number;
}

export interface FindOptions {
  readonly picture: ShownPicture;
  /** Scores have to be greater. */
  readonly leastScore: number;
  /** Objects of a picture. */
  readonly most: number;
  readonly suppression: SuppressionRule | { readonly soft: SoftRule };
  /** Numbers of places of each level, and scores of each level that are looked at. */
  readonly levels?: { readonly places: readonly number[]; readonly most: number } | undefined;
}

/**
 * Finds objects, best first, in pixels of the original picture.
 *
 * @example
 * ```ts
 * import { findObjects } from 'um-mae/detect';
 *
 * const size = { width: 64, height: 64 };
 * const objects = findObjects(
 *   {
 *     boxes: Float32Array.of(8, 8, 24, 24, 9, 8, 24, 24),
 *     scores: Float32Array.of(0.9, 0.1, 0.8, 0.1),
 *     classes: 2,
 *   },
 *   {
 *     picture: { original: size, resized: size },
 *     leastScore: 0.5,
 *     most: 100,
 *     suppression: { overlap: 0.6 },
 *   },
 * );
 * console.log(objects.length, objects[0]?.label); // 1 0
 * ```
 */
export function findObjects(found: ScoredBoxes, options: FindOptions): DetectedObject[] {
  const { picture, levels, most, suppression } = options;
  const candidates = candidatesOf(found, scoredPlaces(found, options.leastScore, levels));
  clip(candidates.boxes, picture.resized);
  toOriginal(candidates.boxes, picture);
  const kept =
    'soft' in suppression
      ? softly(candidates, suppression.soft)
      : chosen(candidates, suppress(candidates, suppression));
  return objectsOf(chosen(kept, byScore(kept.scores).subarray(0, most)));
}

function softly(candidates: Candidates, rule: SoftRule): Candidates {
  const { places, scores } = suppressSoftly(candidates, rule);
  return { ...chosen(candidates, places), scores: Float32Array.from(scores) };
}

/** The numbers of scores that are high enough, of each level the best ones. */
function scoredPlaces(
  { scores, classes }: ScoredBoxes,
  leastScore: number,
  { places, most }: NonNullable<FindOptions['levels']> = {
    places: [scores.length / classes],
    most: Number.POSITIVE_INFINITY,
  },
): number[] {
  let first = 0;
  return places.flatMap((count) => {
    const [begin, end] = [first, first + count * classes];
    first = end;
    const found: number[] = [];
    for (let i = begin; i < end; i++) if ((scores[i] as number) > leastScore) found.push(i);
    if (found.length <= most) return found;
    const own = Float32Array.from(found, (i) => scores[i] as number);
    return [...byScore(own).subarray(0, most)].map((i) => found[i] as number);
  });
}

function candidatesOf({ boxes, scores, classes }: ScoredBoxes, places: number[]): Candidates {
  const isByClass = boxes.length === 4 * scores.length;
  const boxOf = (i: number) => (isByClass ? i : Math.floor(i / classes));
  return {
    boxes: Float32Array.from({ length: 4 * places.length }, (_, i) =>
      Number(boxes[4 * boxOf(places[i >> 2] as number) + (i & 3)]),
    ),
    scores: Float32Array.from(places, (i) => scores[i] as number),
    labels: Uint32Array.from(places, (i) => i % classes),
  };
}

function objectsOf({ boxes, scores, labels }: Candidates): DetectedObject[] {
  return [...labels].map((label, i): DetectedObject => {
    const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(4 * i, 4 * i + 4);
    return { label, score: scores[i] as number, box: [left, top, right, bottom] };
  });
}
