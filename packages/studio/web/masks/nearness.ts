/** The distance from dropped units to the nearest shown unit: near ones are easy to guess. */
import type { Grid, UnitState } from './unit-state.js';

export interface Nearness {
  /**
   * Share of the dropped units that touch a shown one, corners included; null where none is
   * dropped.
   */
  readonly touching: number | null;
  /**
   * Steps from the farthest dropped unit to a shown one, diagonal ones included; null where none is
   * dropped or shown.
   */
  readonly farthest: number | null;
}

/** Measures the way to shown units over several masks of one grid. Hidden units show nothing. */
export function nearnessOf(masks: readonly (readonly UnitState[])[], grid: Grid): Nearness {
  let [dropped, touching, farthest] = [0, 0, 0];
  for (const states of masks) {
    for (const [unit, steps] of stepsToShown(states, grid).entries()) {
      if (states[unit] !== 'dropped') continue;
      dropped++;
      if (steps === 1) touching++;
      farthest = Math.max(farthest, steps);
    }
  }
  if (dropped === 0) return { touching: null, farthest: null };
  const isShown = Number.isFinite(farthest);
  return { touching: touching / dropped, farthest: isShown ? farthest : null };
}

/**
 * Steps of every unit to the nearest shown one: exact in two passes, from the top left and back.
 *
 * Source: Rosenfeld and Pfaltz 1968, "Distance functions on digital pictures".
 */
export function stepsToShown(states: readonly UnitState[], { rows, columns }: Grid): number[] {
  const steps = states.map((state) => (state === 'visible' ? 0 : Number.POSITIVE_INFINITY));
  const at = (row: number, column: number) =>
    column < 0 || column >= columns ? undefined : steps[row * columns + column];
  const visit = (unit: number, back: 1 | -1) => {
    const [row, column] = [Math.floor(unit / columns), unit % columns];
    let nearest = at(row, column - back) ?? Number.POSITIVE_INFINITY;
    for (const side of [-1, 0, 1])
      nearest = Math.min(nearest, at(row - back, column + side) ?? nearest);
    steps[unit] = Math.min(steps[unit] ?? nearest, nearest + 1);
  };
  for (let unit = 0; unit < rows * columns; unit++) visit(unit, 1);
  for (let unit = rows * columns - 1; unit >= 0; unit--) visit(unit, -1);
  return steps;
}
