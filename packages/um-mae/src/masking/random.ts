/**
 * Random sampling: a uniformly random subset of the units stays visible.
 *
 * Source: He et al. 2022 (MAE), arXiv:2111.06377, section 3.
 */
import { type Generator, rand, type Tensor } from '@um-mae/torch';
import type { Grid } from './grid.js';
import { lowestRanked } from './secondary.js';

export interface RandomSamplingRequest {
  readonly batch: number;
  readonly grid: Grid;
  /** Share of the units that is dropped; their count is rounded down. */
  readonly ratio: number;
  readonly generator: Generator;
}

/** @returns [batch, units] bool, true = visible, as many in every image */
export function randomSampling({ batch, grid, ratio, generator }: RandomSamplingRequest): Tensor {
  const units = grid.rows * grid.columns;
  return lowestRanked(rand([batch, units], { generator }), units - droppedCount(ratio, grid));
}

/** Returns the number of units that random sampling drops. */
export function droppedCount(ratio: number, { rows, columns }: Grid): number {
  return Math.floor(ratio * rows * columns);
}
