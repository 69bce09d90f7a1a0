/**
 * Uniform sampling: of every cell of units exactly one, at a random place, stays visible.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, section 3.1, where cells are of 2x2 units.
 */
import { arange, type Generator, rand, randint, type Tensor } from '@um-mae/torch';
import { UmMaeError } from '../errors.js';
import type { Grid } from './grid.js';

/** Rows and columns of units of which one stays visible. */
export type Cell = readonly [rows: number, columns: number];

/**
 * The way that the corners of an image's cells are drawn: `independent` as in the paper's text, or
 * `balanced` as in the published code: without replacement from a pool that holds every corner
 * equally often. In larger cells, each unit is a corner.
 */
export type Corners = 'independent' | 'balanced';

export interface UniformSamplingRequest {
  readonly batch: number;
  readonly grid: Grid;
  readonly cell: Cell;
  readonly corners: Corners;
  readonly generator: Generator;
}

/**
 * @returns [batch, units] bool, true = visible, one of every cell
 * @throws UmMaeError when cells do not tile the grid
 */
export function uniformSampling(request: UniformSamplingRequest): Tensor {
  const { batch, grid, cell } = request;
  const cells = compactGrid(grid, cell);
  const corner = drawCorners(request, cells).view([batch, cells.rows, cells.columns, 1]);
  const corners = arange(0, cell[0] * cell[1], { dtype: 'i64', device: corner.device });
  // [batch, cell row, cell column, row in cell, column in cell] -> raster order of the units
  return corner
    .eq(corners)
    .view([batch, cells.rows, cells.columns, ...cell])
    .permute([0, 1, 3, 2, 4])
    .reshape([batch, grid.rows * grid.columns]);
}

/** The visible corner of each cell in raster order: [batch, cells]. */
function drawCorners(
  { batch, cell, corners, generator }: UniformSamplingRequest,
  grid: Grid,
): Tensor {
  const cells = grid.rows * grid.columns;
  const places = cell[0] * cell[1];
  if (corners === 'independent') {
    return randint(0, places, [batch, cells], { generator, dtype: 'i64' });
  }
  // Twice as many entries as cells, rounded up to whole sets of corners.
  const pool = places * Math.ceil((2 * cells) / places);
  const shuffled = rand([batch, pool], { generator }).argsort();
  return shuffled.slice({ dim: 1, end: cells }).remainder(places);
}

/**
 * The grid of cells, which is that of the visible units.
 *
 * @throws UmMaeError when cells do not tile the grid
 */
export function compactGrid({ rows, columns }: Grid, cell: Cell): Grid {
  if (rows % cell[0] !== 0 || columns % cell[1] !== 0) {
    throw new UmMaeError(
      'grid',
      `Expected a grid of mask units that cells of ${cell.join('x')} tile but got ${rows}x${columns}; choose another image size.`,
    );
  }
  return { rows: rows / cell[0], columns: columns / cell[1] };
}
