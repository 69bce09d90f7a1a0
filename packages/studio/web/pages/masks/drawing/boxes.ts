/** Computes the rectangles of units, cells and windows in a square drawing. */
import type { Cell, Grid } from '../../../masks/unit-state.js';

/** A rectangle, in pixels. */
export type Box = readonly [x: number, y: number, width: number, height: number];

/**
 * Boxes of equal groups of units that tile a grid, in raster order. The longer side of the grid
 * fills the drawing; the other stands in the middle.
 *
 * @param group rows and columns of units in each
 * @param side of the drawing, in pixels
 */
export function tiles({ rows, columns }: Grid, [height, width]: Cell, side: number): Box[] {
  const unit = side / Math.max(rows, columns);
  const [left, top] = [(side - columns * unit) / 2, (side - rows * unit) / 2];
  const across = columns / width;
  return Array.from({ length: across * (rows / height) }, (_, i) => [
    left + (i % across) * width * unit,
    top + Math.floor(i / across) * height * unit,
    width * unit,
    height * unit,
  ]);
}

/** Returns a box on the way from one box to another. */
export function between(from: Box, to: Box, share: number): Box {
  const at = (i: 0 | 1 | 2 | 3) => from[i] + (to[i] - from[i]) * share;
  return [at(0), at(1), at(2), at(3)];
}

export function inset([x, y, width, height]: Box, by: number): Box {
  return [x + by, y + by, width - 2 * by, height - 2 * by];
}

export function isInside(
  [x, y, width, height]: Box,
  [left, top]: readonly [number, number],
): boolean {
  return left >= x && left < x + width && top >= y && top < y + height;
}
