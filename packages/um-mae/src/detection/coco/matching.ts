/** Matches what was found in one image with what is there, of one category. */
import { boxOverlap, type MeasuredMask, maskOverlap, measureMask } from '../run-lengths/overlap.js';
import type { AreaRange, FoundObject, TrueObject } from './objects.js';

/** The objects of one image and category, with the overlap of each pair. */
export interface Scene {
  /** The scores, falling. */
  readonly scores: Float64Array;
  /** Areas of what was found, as the evaluation counts them. */
  readonly areas: Float64Array;
  readonly objects: readonly TrueObject[];
  /** [found, objects] */
  readonly overlaps: Float64Array;
}

export type Measure = 'box' | 'mask';

/** Keeps the `most` best found objects; of equal scores the first ones. */
export function prepareScene(
  found: readonly FoundObject[],
  objects: readonly TrueObject[],
  { by, most }: { readonly by: Measure; readonly most: number },
): Scene {
  const best = [...found].sort((a, b) => b.score - a.score).slice(0, most);
  const overlaps = new Float64Array(best.length * objects.length);
  const [ours, theirs] = by === 'mask' ? [best.map(measured), objects.map(measured)] : [[], []];
  for (const [d, one] of best.entries()) {
    for (const [g, object] of objects.entries()) {
      overlaps[d * objects.length + g] =
        by === 'mask'
          ? maskOverlap(ours[d] as MeasuredMask, theirs[g] as MeasuredMask, object.isCrowd)
          : boxOverlap(one.box ?? noBox, object.box, object.isCrowd);
    }
  }
  const areas = best.map(({ box }, d) => (box ? box[2] * box[3] : (ours[d]?.area ?? Number.NaN)));
  return {
    scores: Float64Array.from(best, ({ score }) => score),
    areas: Float64Array.from(areas),
    objects,
    overlaps,
  };
}

const noBox = [0, 0, 0, 0] as const;
const noMask = { height: 0, width: 0, counts: new Uint32Array(0) };

const measured = ({ mask }: FoundObject | TrueObject): MeasuredMask => measureMask(mask ?? noMask);

/** The verdict on what was found: right, wrong, or not counted. */
export const verdicts = { wrong: 0, right: 1, ignored: 2 } as const;

/** Verdicts in one range of areas. */
export interface Matches {
  /** Objects that ought to be found. */
  readonly expected: number;
  /** [thresholds, found] */
  readonly verdicts: Uint8Array;
}

/** @param thresholds overlaps from which on an object is found */
export function matchScene(
  scene: Scene,
  thresholds: readonly number[],
  { least, most }: AreaRange,
): Matches {
  const { objects, areas } = scene;
  const count = areas.length;
  const isOutside = (area: number) => area < least || area > most;
  const ignored = objects.map(({ isCrowd, area }) => isCrowd || isOutside(area));
  // Those that count come first.
  const order = [...objects.keys()].sort((a, b) => Number(ignored[a]) - Number(ignored[b]));
  const expected = ignored.filter((isIgnored) => !isIgnored).length;
  const found = new Uint8Array(thresholds.length * count);
  const taken = new Uint8Array(objects.length);
  for (const [t, threshold] of thresholds.entries()) {
    taken.fill(0);
    for (let d = 0; d < count; d++) {
      const object = bestObject(scene, d, { threshold, order, expected, taken });
      const at = t * count + d;
      if (object === undefined) {
        found[at] = isOutside(areas[d] as number) ? verdicts.ignored : verdicts.wrong;
        continue;
      }
      taken[object] = 1;
      found[at] = verdictOf(scene, d, object, ignored[object] === true, isOutside);
    }
  }
  return { expected, verdicts: found };
}

function verdictOf(
  { objects, areas }: Scene,
  d: number,
  object: number,
  isIgnored: boolean,
  isOutside: (area: number) => boolean,
): number {
  if (isIgnored) return verdicts.ignored;
  if (objects[object]?.id !== 0) return verdicts.right;
  return isOutside(areas[d] as number) ? verdicts.ignored : verdicts.wrong;
}

interface Search {
  readonly threshold: number;
  readonly order: readonly number[];
  readonly expected: number;
  readonly taken: Uint8Array;
}

/**
 * The object that overlaps most, the later of equal ones; an ignored one only where no other does.
 */
function bestObject(
  { objects, overlaps }: Scene,
  d: number,
  { threshold, order, expected, taken }: Search,
): number | undefined {
  let least = Math.min(threshold, 1 - 1e-10);
  let best: number | undefined;
  for (let place = 0; place < order.length; place++) {
    if (place === expected && best !== undefined) break;
    const object = order[place] as number;
    if (taken[object] === 1 && objects[object]?.isCrowd !== true) continue;
    const overlap = overlaps[d * objects.length + object] as number;
    if (overlap < least) continue;
    least = overlap;
    best = object;
  }
  return best;
}
