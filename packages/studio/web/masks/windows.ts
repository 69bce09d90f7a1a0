/** Windows of attention: how many units of each the encoder gets. */
import { at } from '../../shared/at.js';
import type { Cell, Grid, UnitState } from './unit-state.js';

/** Tokens of all windows in one batch, each window padded to the fullest. */
export interface WindowBatch {
  /** Kept units of every window, in raster order. */
  readonly counts: readonly number[];
  readonly least: number;
  /** The count of tokens to which all windows are padded. */
  readonly most: number;
  /** Share of the batch that is padding. */
  readonly padding: number;
  /** Rows and columns of the windows. */
  readonly grid: Grid;
}

/**
 * Counts kept units, the hidden ones too: they are tokens as well.
 *
 * @param window rows and columns of units in one window; tiles the grid
 */
export function batchWindows(states: readonly UnitState[], full: Grid, window: Cell): WindowBatch {
  const grid = { rows: full.rows / window[0], columns: full.columns / window[1] };
  const counts = Array.from({ length: grid.rows * grid.columns }, () => 0);
  for (const [unit, state] of states.entries()) {
    if (state === 'dropped') continue;
    const index = windowOf(unit, full, window);
    counts[index] = at(counts, index) + 1;
  }
  const most = Math.max(...counts);
  const kept = counts.reduce((sum, count) => sum + count, 0);
  const padding = most === 0 ? 0 : 1 - kept / (most * counts.length);
  return { counts, least: Math.min(...counts), most, padding, grid };
}

/** Finds the window that a unit of the image is in, in raster order. */
export function windowOf(unit: number, { columns }: Grid, [height, width]: Cell): number {
  const row = Math.floor(Math.floor(unit / columns) / height);
  return row * (columns / width) + Math.floor((unit % columns) / width);
}
