/** Regions of two-stage detectors: which proposals are read, and each from which level. */
import { chosen, clip, type PictureSize } from './objects.js';
import { byScore, suppress } from './suppression.js';

export interface ProposalRule {
  /** Numbers of anchors of each level. */
  readonly places: readonly number[];
  /** Anchors of each level that are looked at, by their scores. */
  readonly mostOfLevel: number;
  /** Proposals of a picture. */
  readonly most: number;
  /** Overlap from which on proposals of one level suppress each other. */
  readonly overlap: number;
}

/**
 * The regions that may hold an object, best first.
 *
 * @param found boxes [anchors, 4] in pixels of the input, and scores [anchors]
 * @returns [regions, 4]
 *
 * @example
 * ```ts
 * import { proposedRegions } from 'um-mae/detect';
 *
 * const regions = proposedRegions(
 *   { boxes: Float32Array.of(0, 0, 16, 16, 1, 0, 16, 16), scores: Float32Array.of(0.9, 0.8) },
 *   { width: 64, height: 64 },
 *   { places: [2], mostOfLevel: 1000, most: 1000, overlap: 0.7 },
 * );
 * console.log([...regions]); // [ 0, 0, 16, 16 ]
 * ```
 */
export function proposedRegions(
  { boxes, scores }: { readonly boxes: Float32Array; readonly scores: Float32Array },
  size: PictureSize,
  { places, mostOfLevel, most, overlap }: ProposalRule,
): Float32Array {
  let first = 0;
  const best = places.flatMap((count, level) => {
    const begin = first;
    first += count;
    const order = byScore(scores.subarray(begin, first)).subarray(0, mostOfLevel);
    return [...order].map((place) => ({ place: begin + place, level }));
  });
  const labels = new Uint32Array(scores.length);
  for (const { place, level } of best) labels[place] = level;
  const all = chosen(
    { boxes, scores, labels },
    best.map(({ place }) => place),
  );
  clip(all.boxes, size);
  const real = chosen(
    all,
    [...all.scores.keys()].filter((i) => hasArea(all.boxes, i)),
  );
  return chosen(real, suppress(real, { overlap }).slice(0, most)).boxes;
}

function hasArea(boxes: Float32Array, i: number): boolean {
  const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(4 * i, 4 * i + 4);
  return right > left && bottom > top;
}

/** Regions by the level that each is read from. */
export interface LevelledRegions {
  /** [regions, 4] of each level */
  readonly boxes: readonly Float32Array[];
  /** The place of each among all of them, one level after the other. */
  readonly order: readonly number[];
}

/** Regions of sides up to twice as many places are read from the finest level. */
const finestPlaces = 14;

/**
 * @param boxes   [regions, 4] in pixels of the input
 * @param strides pixels of the input to a place of each level
 *
 * @example
 * ```ts
 * import { regionsByLevel } from 'um-mae/detect';
 *
 * const small = [0, 0, 16, 16];
 * const large = [0, 0, 400, 400];
 * const { order } = regionsByLevel(Float32Array.from([...large, ...small]), [4, 8, 16, 32]);
 * console.log(order); // [ 1, 0 ]
 * ```
 */
export function regionsByLevel(boxes: Float32Array, strides: readonly number[]): LevelledRegions {
  const [finest = 1] = strides;
  const places: number[][] = strides.map(() => []);
  for (let i = 0; i < boxes.length / 4; i++) {
    const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(4 * i, 4 * i + 4);
    const side = Math.sqrt((right - left) * (bottom - top));
    const level = Math.floor(Math.log2(side / (finestPlaces * finest) + 1e-6));
    places[Math.min(Math.max(level, 0), strides.length - 1)]?.push(i);
  }
  return {
    boxes: places.map((own) =>
      Float32Array.from({ length: 4 * own.length }, (_, i) =>
        Number(boxes[4 * (own[i >> 2] as number) + (i & 3)]),
      ),
    ),
    order: places.flat(),
  };
}
