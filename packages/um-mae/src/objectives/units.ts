/** Mask units as rows of a tensor: taking some of them, and what stands for their tokens. */
import { arange, type Tensor } from '@um-mae/torch';
import type { Positions } from '../backbones/parts/grid/patch-grid.js';
import type { Grid } from '../masking/grid.js';

/** [batch, units, values], i64 [batch, n] indices -> [batch, n, values] */
export function takeUnits(units: Tensor, indices: Tensor): Tensor {
  const [batch, count, values] = units.sizes(3);
  const offset = arange(0, batch, { dtype: 'i64', device: units.device }).mul(count).unsqueeze(1);
  const rows = units.view([batch * count, values]).indexSelect(0, indices.add(offset).flatten());
  return rows.view([batch, -1, values]);
}

/** A grid of units, each of `side` x `side` patches. */
export interface UnitGrid extends Grid {
  readonly side: number;
}

/**
 * Pixels of units, a unit after the other, to a grid of patches: [batch, height, width, patch *
 * patch * 3]
 */
export function unitsToPatches(units: Tensor, { rows, columns, side }: UnitGrid): Tensor {
  const [batch, , values] = units.sizes(3);
  const patch = Math.sqrt(values / 3) / side;
  return units
    .view([batch, rows, columns, side, patch, side, patch, 3])
    .permute([0, 1, 3, 2, 5, 4, 6, 7])
    .reshape([batch, rows * side, columns * side, patch * patch * 3]);
}

/**
 * One value per unit to one per token: [batch, rows * columns] -> [batch, rows * side, columns *
 * side]
 */
export function spread(values: Tensor, { rows, columns, side }: UnitGrid): Tensor {
  const [batch] = values.sizes(2);
  return values
    .view([batch, rows, 1, columns, 1])
    .expand([batch, rows, side, columns, side])
    .reshape([batch, rows * side, columns * side]);
}

/**
 * Returns the positions on the full grid of the tokens of chosen units.
 *
 * @param order i64 [batch, rows * columns], the units at each place of `units`, as indices into the
 *   full grid
 */
export function unitPositions(order: Tensor, units: UnitGrid, full: Grid): Positions {
  const { rows, columns, side } = units;
  const within = arange(0, side, { dtype: 'i64', device: order.device });
  const row = spread(order.floorDivide(full.columns).mul(side), units);
  const column = spread(order.remainder(full.columns).mul(side), units);
  return {
    row: row.add(within.repeat([rows]).unsqueeze(1)),
    column: column.add(within.repeat([columns])),
    full: [full.rows * side, full.columns * side],
    squareSide: side,
  };
}

/**
 * Each token opens into a square of units, `perSide` on each side (a pixel shuffle):
 * [batch, height, width, channels * perSide^2] -> [batch, units, channels], units in raster order
 */
export function openTokens(x: Tensor, perSide: number): Tensor {
  const [batch, height, width, values] = x.sizes(4);
  const channels = values / perSide ** 2;
  return x
    .view([batch, height, width, channels, perSide, perSide])
    .permute([0, 1, 4, 2, 5, 3])
    .reshape([batch, perSide ** 2 * height * width, channels]);
}

/**
 * The mean of each square of tokens, `side` on each side: [batch, height, width, channels] ->
 * [batch, squares, channels], squares in raster order
 */
export function closeTokens(x: Tensor, side: number): Tensor {
  const [batch, height, width, channels] = x.sizes(4);
  return x
    .view([batch, height / side, side, width / side, side, channels])
    .mean([2, 4])
    .flatten({ startDim: 1, endDim: 2 });
}
