/** Compares what was found in one image with what is there: for people, not for scores. */
import { at } from '../../../at.js';
import type { KnownObject } from '../../../data/objects/known-objects.js';
import { boxOverlap } from '../../../detection/run-lengths/overlap.js';
import type { SeenObject } from '../find-objects.js';

/** The overlap of boxes from which on they mean the same object. */
export const sameObject = 0.5;

/** The verdict on an object that was found; `ignored` ones are of a crowd. */
export type Verdict = 'right' | 'wrong-class' | 'false' | 'ignored';

/** The fate of the objects of an image, and of those that were found in it. */
export interface ComparedObjects {
  /** One for each that was found; null of too low a score. */
  readonly verdicts: readonly (Verdict | null)[];
  /** The object that each has; undefined where it has none. */
  readonly matches: readonly (number | undefined)[];
  /** Whether each object was missed: nothing of its class found it. Crowds never are. */
  readonly missed: readonly boolean[];
}

/**
 * First objects of their own class are taken, best scores first, then those of others; what is left
 * is false.
 */
export function compareObjects(
  objects: readonly KnownObject[],
  found: readonly SeenObject[],
  leastScore: number,
): ComparedObjects {
  const verdicts: (Verdict | null)[] = found.map(({ score }) =>
    score >= leastScore ? 'false' : null,
  );
  const matches: (number | undefined)[] = found.map(() => undefined);
  const taken = new Set<number>();
  const take = (
    verdict: Verdict,
    isCandidate: (one: SeenObject, object: KnownObject) => boolean,
  ) => {
    for (const [i, one] of found.entries()) {
      if (verdicts[i] !== 'false') continue;
      const best = bestMatch(one, objects, (object, place) => {
        return !taken.has(place) && isCandidate(one, object);
      });
      if (best === undefined) continue;
      verdicts[i] = verdict;
      matches[i] = best;
      if (!at(objects, best).isCrowd) taken.add(best);
    }
  };
  take('right', (one, { label, isCrowd }) => !isCrowd && label === one.label);
  const right = new Set(taken);
  take('wrong-class', (_, { isCrowd }) => !isCrowd);
  take('ignored', (_, { isCrowd }) => isCrowd);
  return {
    verdicts,
    matches,
    missed: objects.map(({ isCrowd }, place) => !isCrowd && !right.has(place)),
  };
}

function bestMatch(
  { box }: SeenObject,
  objects: readonly KnownObject[],
  isCandidate: (object: KnownObject, place: number) => boolean,
): number | undefined {
  let [best, most]: [number | undefined, number] = [undefined, sameObject];
  for (const [place, object] of objects.entries()) {
    if (!isCandidate(object, place)) continue;
    const overlap = boxOverlap(box, object.box, object.isCrowd);
    if (overlap < most) continue;
    [best, most] = [place, overlap];
  }
  return best;
}

/** Numbers of right ones, of those that were found and of those that are there. */
export interface Agreement {
  readonly right: number;
  readonly found: number;
  readonly objects: number;
}

/** F1: the share of right ones among all, found or there. 1 where there is nothing. */
export function agreement({ right, found, objects }: Agreement): number {
  return found + objects === 0 ? 1 : (2 * right) / (found + objects);
}

/** Counts of an image, what was ignored left out. */
export function agreementOf(
  { verdicts }: ComparedObjects,
  objects: readonly KnownObject[],
): Agreement {
  const count = (verdict: Verdict) => verdicts.filter((own) => own === verdict).length;
  return {
    right: count('right'),
    found: count('right') + count('wrong-class') + count('false'),
    objects: objects.filter(({ isCrowd }) => !isCrowd).length,
  };
}

/** An image with all that was found in it. */
export interface SeenImage {
  readonly objects: readonly KnownObject[];
  readonly found: readonly SeenObject[];
}

/** The score from which on what was found agrees best with what is there. */
export function bestLeastScore(images: readonly SeenImage[]): number {
  const all = images.flatMap(({ objects, found }) => {
    const { verdicts } = compareObjects(objects, found, Number.NEGATIVE_INFINITY);
    return found.map(({ score }, i) => ({ score, verdict: verdicts[i] }));
  });
  const objects = images.reduce((sum, image) => {
    return sum + image.objects.filter(({ isCrowd }) => !isCrowd).length;
  }, 0);
  let [right, counted, best, most] = [0, 0, 1, 0];
  for (const { score, verdict } of all.sort((a, b) => b.score - a.score)) {
    if (verdict === 'ignored') continue;
    counted++;
    if (verdict === 'right') right++;
    const own = agreement({ right, found: counted, objects });
    if (own > most) [best, most] = [score, own];
  }
  return best;
}

/** Tables of more classes take memory by the square of their number, in the results as well. */
const mostConfused = 1000;

/**
 * Counts pairs of a true class and one that was found.
 *
 * @returns [classes + 1, classes + 1]: rows are true classes and background, columns are found ones
 *   and nothing; empty of more than 1,000 classes
 */
export function confusionOf(
  images: readonly SeenImage[],
  classes: number,
  leastScore: number,
): number[][] {
  if (classes > mostConfused) return [];
  const counts = Array.from({ length: classes + 1 }, () => new Array<number>(classes + 1).fill(0));
  const add = (row: number, column: number) => {
    const line = at(counts, row);
    line[column] = at(line, column) + 1;
  };
  for (const { objects, found } of images) {
    const { verdicts, matches } = compareObjects(objects, found, leastScore);
    const seen = new Set<number>();
    for (const [i, { label }] of found.entries()) {
      const match = matches[i];
      if (verdicts[i] === 'false') add(classes, label);
      if (match === undefined || verdicts[i] === 'ignored') continue;
      add(at(objects, match).label, label);
      seen.add(match);
    }
    for (const [place, { label, isCrowd }] of objects.entries()) {
      if (!isCrowd && !seen.has(place)) add(label, classes);
    }
  }
  return counts;
}
