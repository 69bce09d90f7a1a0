/** How kept units stand in the encoder. */
import {
  type Cell,
  compactGrid,
  compactOrder,
  type Grid,
  type UnitState,
  windowSide,
} from './mask.js';

/** A mask, and the cells that it was drawn from. */
export interface DrawnMask {
  readonly grid: Grid;
  readonly states: readonly UnitState[];
  /** Undefined where sampling has none. */
  readonly cell: Cell | undefined;
}

/** Kept units as the encoder has them. */
export interface Layout {
  readonly order: readonly number[];
  readonly columns: number;
  readonly window: number | undefined;
  /** Units of the image that one window covers. */
  readonly region: Cell;
}

/** Random masks are measured in the windows that 2x2 cells would have. */
export function layoutOf({ grid, states, cell }: DrawnMask): Layout {
  const compact = compactGrid(grid, cell ?? [2, 2]);
  const side = windowSide(compact);
  const [down, across] = cell ?? [2, 2];
  const region = [side * down, side * across] as const;
  if (cell) {
    const order = compactOrder(states, grid, cell);
    return { order, columns: compact.columns, window: side, region };
  }
  const order = [...states.keys()].filter((unit) => states[unit] !== 'dropped');
  return { order, columns: Math.ceil(Math.sqrt(order.length)), window: undefined, region };
}
