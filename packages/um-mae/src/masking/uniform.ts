/**
 * Uniform sampling: of every 2x2 cell of units exactly one, at a random corner, stays visible.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, section 3.1.
 */
import { arange, type Generator, rand, randint, type Tensor } from '@um-mae/torch';
import { UmMaeError } from '../errors.js';
import type { Grid } from './mask.js';

/**
 * How the corners of an image's cells are drawn: `independent` as in the paper's text, or `balanced`,
 * without replacement from a pool that holds every corner equally often, as in the published code.
 */
export type Corners = 'independent' | 'balanced';

export interface UniformSamplingRequest {
  readonly batch: number;
  readonly grid: Grid;
  readonly corners: Corners;
  readonly generator: Generator;
}

/**
 * @returns [batch, units] bool, true = visible, a quarter of them
 * @throws UmMaeError when the grid has an odd side
 */
export function uniformSampling(request: UniformSamplingRequest): Tensor {
  const { batch, grid } = request;
  checkEven(grid);
  const cells = [grid.rows / 2, grid.columns / 2] as const;
  const corner = drawCorners(request, cells[0] * cells[1]).view([batch, ...cells, 1]);
  const isCorner = corner.eq(arange(0, 4, { dtype: 'i64', device: corner.device }));
  // [batch, cell row, cell column, row in cell, column in cell] -> raster order of the units
  return isCorner
    .view([batch, ...cells, 2, 2])
    .permute([0, 1, 3, 2, 4])
    .reshape([batch, grid.rows * grid.columns]);
}

/** The visible corner of each cell, 0 to 3 in raster order: [batch, cells]. */
function drawCorners(request: UniformSamplingRequest, cells: number): Tensor {
  const { batch, corners, generator } = request;
  if (corners === 'independent') {
    return randint(0, 4, [batch, cells], { generator, dtype: 'i64' });
  }
  // Half as many entries as units, rounded up to whole sets of four corners.
  const pool = 4 * Math.ceil((2 * cells) / 4);
  const shuffled = rand([batch, pool], { generator }).argsort();
  return shuffled.slice({ dim: 1, end: cells }).remainder(4);
}

/** @throws UmMaeError when cells of 2x2 do not tile the grid */
export function checkEven({ rows, columns }: Grid): void {
  if (rows % 2 === 0 && columns % 2 === 0) return;
  throw new UmMaeError(
    'grid',
    `Expected an even grid of mask units for uniform sampling but got ${rows}x${columns}; choose an image size that is a multiple of two units.`,
  );
}
