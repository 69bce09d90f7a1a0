/** A mask as the page shows it: drawn, packed, and counted, from the settings. */
import { type Packing, packCells, packList } from '../../../masks/compact.js';
import { drawMask } from '../../../masks/sampling.js';
import { cellOf, type MaskSettings, type Method, maskingOf } from '../../../masks/settings.js';
import type { Cell, Grid, UnitState } from '../../../masks/unit-state.js';

export interface DrawnMask {
  readonly method: Method;
  readonly grid: Grid;
  readonly states: readonly UnitState[];
  /** Undefined for random masks, which have no cells. */
  readonly cell: Cell | undefined;
  /** Rows and columns of units of the image in one window of attention. */
  readonly window: Cell;
  readonly packing: Packing;
}

/** @param draw another draw than that of the seed alone: 0 is that one */
export function maskOf(method: Method, settings: MaskSettings, draw = 0): DrawnMask {
  const grid: Grid = { rows: settings.units, columns: settings.units };
  const cell = cellOf(settings.cell);
  const states = drawMask(maskingOf(method, settings), grid, settings.seed + draw);
  const window: Cell = [cell[0] * settings.window, cell[1] * settings.window];
  const isRandom = method === 'random';
  const packing = isRandom ? packList(states) : packCells(states, grid, cell);
  return { method, grid, states, cell: isRandom ? undefined : cell, window, packing };
}
