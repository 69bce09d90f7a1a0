/** Tables of positions for another size of images. */
import type { Tensor } from '@um-mae/torch';
import { resizeTable } from '../../backbones/parts/positions/resized-table.js';
import { CheckpointError } from '../../errors.js';

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
  const front = hasClassRow ? 1 : 0;
  const from = squareSide(rows - front);
  const to = squareSide(places);
  return resizeTable(table, {
    from: { rows: from, columns: from },
    to: { rows: to, columns: to },
    front,
  });
}

function squareSide(places: number): number {
  const side = Math.sqrt(places);
  if (Number.isInteger(side) && side > 0) return side;
  throw new CheckpointError(`Expected positions of a square grid to resize but got ${places}.`);
}
