/**
 * The stages of the heads of regions: Mask R-CNN has one, a cascade three, each of which begins
 * with the boxes of the one before and asks for a better overlap.
 *
 * Source: Cai and Vasconcelos 2018 (Cascade R-CNN), arXiv:1712.00726; Chen et al. 2019 (HTC),
 * arXiv:1901.07518; numbers as mmdet has them.
 */
import type { MaxOverlapOptions } from '../../assignment/max-overlap.js';
import type { Deviations } from '../../boxes/deltas.js';

/** One stage. */
export interface Stage {
  /** Which regions are of an object. */
  readonly rule: MaxOverlapOptions;
  /** The deviations of the deltas of its boxes. */
  readonly deviations: Deviations;
  /** The weight of its losses. */
  readonly weight: number;
}

const overlaps = [0.5, 0.6, 0.7] as const;

const deviations: readonly [Deviations, Deviations, Deviations] = [
  [0.1, 0.1, 0.2, 0.2],
  [0.05, 0.05, 0.1, 0.1],
  [0.033, 0.033, 0.067, 0.067],
];

/** The only stage of Mask R-CNN; every object takes the regions that overlap it most. */
export const onlyStage: Stage = {
  rule: { positive: overlaps[0], negative: overlaps[0], leastOfBest: overlaps[0] },
  deviations: deviations[0],
  weight: 1,
};

/**
 * The three stages of a cascade.
 *
 * @param options.takesBest whether every object takes the regions that overlap it most, where this
 *   is enough for the stage: so in HTC, not in Cascade R-CNN
 */
export function cascadeStages({ takesBest }: { readonly takesBest: boolean }): Stage[] {
  return deviations.map((own, k): Stage => {
    const overlap = overlaps[k] ?? Number.NaN;
    const leastOfBest = takesBest ? overlap : undefined;
    return {
      rule: { positive: overlap, negative: overlap, leastOfBest },
      deviations: own,
      weight: 1 / 2 ** k,
    };
  });
}
