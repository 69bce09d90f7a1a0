/**
 * A mask unit: in the encoder's grid, there but replaced by a learned token, or not there at all.
 */
export type UnitState = 'visible' | 'hidden' | 'dropped';

/** Rows and columns of units. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** Rows and columns of units of which uniform sampling keeps one. */
export type Cell = readonly [rows: number, columns: number];

/** Counts the units in a state. */
export function countOf(states: readonly UnitState[], state: UnitState): number {
  return states.filter((other) => other === state).length;
}
