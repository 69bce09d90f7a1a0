/** Tables of positions for another size of images. */
import { cat, type Tensor } from '@um-mae/torch';
import { resizeGrid } from '../backbones/parts/positions.js';
import { CheckpointError } from '../errors.js';

/**
 * Bicubic resizing of a square grid of positions; the row of a class token stays.
 *
 * @param table [1, rows * columns (+ 1 in front), channels]
 * @param places how many positions it is to have, the class token's not counted
 * @returns [1, places (+ 1 in front), channels]
 * @throws CheckpointError unless both grids are square
 */
export function resizePositions(table: Tensor, places: number, hasClassRow: boolean): Tensor {
  const [, rows] = table.sizes(3);
  const first = hasClassRow ? 1 : 0;
  const from = squareSide(rows - first);
  const to = squareSide(places);
  const grid = table.narrow(1, first, from * from);
  const positions = resizeGrid(grid, { rows: from, columns: from }, { rows: to, columns: to });
  return hasClassRow ? cat([table.narrow(1, 0, 1), positions], { dim: 1 }) : positions;
}

function squareSide(places: number): number {
  const side = Math.sqrt(places);
  if (Number.isInteger(side) && side > 0) return side;
  throw new CheckpointError(`Expected positions of a square grid to resize but got ${places}.`);
}
