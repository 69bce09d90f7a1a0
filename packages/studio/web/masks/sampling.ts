/**
 * Masks as um-mae draws them, without libtorch: the same kinds and counts, other random numbers.
 *
 * Source: He et al. 2022, arXiv:2111.06377, section 3 (random); Li et al. 2022, arXiv:2205.10063,
 * sections 3.1 and 3.2 (uniform, secondary).
 */

import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';
import { at } from '../../shared/at.js';
import type { Cell, Grid, UnitState } from './unit-state.js';

export type Masking =
  | {
      readonly kind: 'random';
      /** Share of the units that is dropped; their count is rounded down. */
      readonly ratio: number;
    }
  | {
      readonly kind: 'uniform';
      /** The cell, which tiles the grid. */
      readonly cell: Cell;
      /** Share of the kept units that is hidden; the count of those still shown is rounded down. */
      readonly secondaryRatio: number;
    };

/**
 * Draws one mask. Ratios of one seed are nested: a higher one drops or hides more, and nothing else
 * changes.
 *
 * @param seed a whole number of 32 bits
 * @returns the state of every unit, in raster order
 */
export function drawMask(masking: Masking, grid: Grid, seed: number): UnitState[] {
  const units = grid.rows * grid.columns;
  const states: UnitState[] = Array.from({ length: units }, () => 'dropped');
  if (masking.kind === 'random') {
    const dropped = Math.floor(masking.ratio * units);
    for (const unit of shuffled(units, seed).slice(dropped)) states[unit] = 'visible';
    return states;
  }
  const kept = onePerCell(grid, masking.cell, seed);
  // As in `shownCount` of um-mae: floating point decides as in the published code.
  const shown = Math.trunc(kept.length * (1 - masking.secondaryRatio));
  // Another seed: which units are hidden has nothing to do with where they stand.
  for (const [rank, cell] of shuffled(kept.length, ~seed).entries()) {
    states[at(kept, cell)] = rank < shown ? 'visible' : 'hidden';
  }
  return states;
}

/** The kept unit of every cell, cells in raster order. */
function onePerCell(grid: Grid, cell: Cell, seed: number): number[] {
  const random = mersenne(seed);
  const { rows, columns } = compactGrid(grid, cell);
  return Array.from({ length: rows * columns }, (_, index) => {
    const corner = uniformInt(random, 0, cell[0] * cell[1] - 1);
    const row = Math.floor(index / columns) * cell[0] + Math.floor(corner / cell[1]);
    return row * grid.columns + (index % columns) * cell[1] + (corner % cell[1]);
  });
}

/** 0 ... `length` - 1 in a random order: a Fisher-Yates shuffle. */
function shuffled(length: number, seed: number): number[] {
  const random = mersenne(seed);
  const order = Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const chosen = uniformInt(random, 0, last);
    const moved = at(order, chosen);
    order[chosen] = at(order, last);
    order[last] = moved;
  }
  return order;
}

/** The grid of cells, which is that of the kept units: what a pyramid encoder gets. */
export function compactGrid({ rows, columns }: Grid, cell: Cell): Grid {
  return { rows: rows / cell[0], columns: columns / cell[1] };
}
