/**
 * The compact grid: the one visible unit of every cell, moved together into a grid of as many rows
 * and columns as there are cells.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, section 3.1.
 */
import { arange, type Tensor } from '@um-mae/torch';
import type { Grid } from './grid.js';
import { type Cell, compactGrid } from './uniform.js';

/**
 * Finds the unit of the full grid that stands at each place of the compact grid.
 *
 * @param visible [batch, units] bool with exactly one visible unit in every cell
 * @returns [batch, cells] i64, indices into the units in raster order
 */
export function compactOrder(visible: Tensor, grid: Grid, cell: Cell): Tensor {
  const [batch] = visible.sizes(2);
  const { rows, columns } = compactGrid(grid, cell);
  const corner = visible
    .view([batch, rows, cell[0], columns, cell[1]])
    .permute([0, 1, 3, 2, 4])
    .reshape([batch, rows, columns, cell[0] * cell[1]])
    .to('u8')
    .argmax({ dim: -1 }); // [batch, rows, columns]
  const index = { dtype: 'i64', device: visible.device } as const;
  const row = arange(0, rows, index).unsqueeze(1).mul(cell[0]).add(corner.floorDivide(cell[1]));
  const column = arange(0, columns, index).mul(cell[1]).add(corner.remainder(cell[1]));
  return row.mul(grid.columns).add(column).flatten({ startDim: 1 });
}
