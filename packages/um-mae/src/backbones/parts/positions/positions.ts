/** Stored positions: of a grid that they were made for, for the grid at hand. */
import { type Tensor, upsampleBicubic2d } from '@um-mae/torch';
import type { Grid } from '../../../masking/grid.js';
import type { Positions } from '../grid/patch-grid.js';

/**
 * Positions for the tokens at hand, looked up in a table. Where the full grid is not that of the
 * table, the table is resized first.
 *
 * @param table [1, rows * columns of `grid`, channels]
 * @returns [batch, height, width, channels]
 */
export function takePositions(table: Tensor, grid: Grid, { row, column, full }: Positions): Tensor {
  const index = row.mul(full[1]).add(column);
  return resizeGrid(table, grid, { rows: full[0], columns: full[1] })
    .at(0)
    .indexSelect(0, index.flatten())
    .view([...index.shape, -1]);
}

/**
 * Bicubic resizing of positions that stand on a grid.
 *
 * Source: Li et al. 2022 (UM-MAE), published fine-tuning code; a = -0.75, half-pixel centres, no
 * antialiasing.
 *
 * @param table [1, rows * columns of `from`, channels]
 * @returns [1, rows * columns of `to`, channels]; `table` itself where the grids are the same
 */
export function resizeGrid(table: Tensor, from: Grid, to: Grid): Tensor {
  if (from.rows === to.rows && from.columns === to.columns) return table;
  const [, , channels] = table.sizes(3);
  const grid = table.view([1, from.rows, from.columns, channels]).permute([0, 3, 1, 2]);
  const resized = upsampleBicubic2d(grid.contiguous(), [to.rows, to.columns], false);
  return resized.permute([0, 2, 3, 1]).reshape([1, to.rows * to.columns, channels]);
}
