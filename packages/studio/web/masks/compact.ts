/** The position of each visible unit in the sequence that the encoder gets. */
import { compactGrid } from './sampling.js';
import type { Cell, Grid, UnitState } from './unit-state.js';
import { windowOf } from './windows.js';

/** The compact grid of the kept units. */
export interface Packing {
  /** The unit of the image that stands at each place, in raster order. */
  readonly order: readonly number[];
  /** Rows and columns of the places. The last row of a list may not be full. */
  readonly grid: Grid;
}

/** The compact grid: one place for every cell, cells in raster order. */
export function packCells(states: readonly UnitState[], grid: Grid, cell: Cell): Packing {
  const compact = compactGrid(grid, cell);
  const order = Array.from({ length: compact.rows * compact.columns }, () => 0);
  for (const [unit, state] of states.entries()) {
    if (state === 'dropped') continue;
    order[windowOf(unit, grid, cell)] = unit;
  }
  return { order, grid: compact };
}

/**
 * The kept units one after the other, as a plain ViT takes them, drawn in rows about as long as
 * there are rows.
 */
export function packList(states: readonly UnitState[]): Packing {
  const order = [...states.keys()].filter((unit) => states[unit] !== 'dropped');
  const columns = Math.max(1, Math.ceil(Math.sqrt(order.length)));
  return { order, grid: { rows: Math.ceil(order.length / columns), columns } };
}
