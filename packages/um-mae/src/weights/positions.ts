/** Tables of positions for another size of images. */
import { cat, type Tensor, upsampleBicubic2d } from '@um-mae/torch';
import { CheckpointError } from '../errors.js';

/**
 * Bicubic resizing of a square grid of positions; the row of a class token stays.
 *
 * Source: Li et al. 2022 (UM-MAE), published fine-tuning code; a = -0.75, half-pixel centres, no antialiasing.
 *
 * @param table [1, rows * columns (+ 1 in front), channels]
 * @param places how many positions it is to have, the class token's not counted
 * @returns [1, places (+ 1 in front), channels]
 * @throws CheckpointError unless both grids are square
 */
export function resizePositions(table: Tensor, places: number, hasClassRow: boolean): Tensor {
  const [, rows, channels] = table.sizes(3);
  const first = hasClassRow ? 1 : 0;
  const from = squareSide(rows - first);
  const to = squareSide(places);
  const grid = table.narrow(1, first, from * from).view([1, from, from, channels]);
  const resized = upsampleBicubic2d(grid.permute([0, 3, 1, 2]).contiguous(), [to, to], false);
  const positions = resized.permute([0, 2, 3, 1]).reshape([1, to * to, channels]);
  return hasClassRow ? cat([table.narrow(1, 0, 1), positions], { dim: 1 }) : positions;
}

function squareSide(places: number): number {
  const side = Math.sqrt(places);
  if (Number.isInteger(side) && side > 0) return side;
  throw new CheckpointError(`Expected positions of a square grid to resize but got ${places}.`);
}
