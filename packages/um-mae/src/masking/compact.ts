/**
 * The compact grid: the one visible unit of every 2x2 cell, moved together into a grid of half the
 * height and half the width, in the raster order of the cells.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, section 3.1.
 */
import { arange, type Tensor } from '@um-mae/torch';
import type { Grid } from './mask.js';

/**
 * Which unit of the full grid stands at each place of the compact grid.
 *
 * @param visible [batch, units] bool with exactly one visible unit in every cell
 * @returns [batch, units / 4] i64, indices into the units in raster order
 */
export function compactOrder(visible: Tensor, { rows, columns }: Grid): Tensor {
  const [batch] = visible.sizes(2);
  const cells = [rows / 2, columns / 2] as const;
  const corner = visible
    .view([batch, cells[0], 2, cells[1], 2])
    .permute([0, 1, 3, 2, 4])
    .reshape([batch, ...cells, 4])
    .to('u8')
    .argmax({ dim: -1 }); // [batch, cell rows, cell columns]
  const index = { dtype: 'i64', device: visible.device } as const;
  const cellRow = arange(0, cells[0], index).unsqueeze(1);
  const cellColumn = arange(0, cells[1], index);
  const row = cellRow.mul(2).add(corner.floorDivide(2));
  const column = cellColumn.mul(2).add(corner.remainder(2));
  return row.mul(columns).add(column).flatten({ startDim: 1 });
}
