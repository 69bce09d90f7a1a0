/** How far dropped units are from what is shown: how easy they are to guess. */
import type { Grid, UnitState } from './unit-state.js';

export interface Nearness {
  /** Share of the dropped units that touch a shown one, corners included; null where none is dropped. */
  readonly touching: number | null;
  /** Steps from the farthest dropped unit to a shown one, diagonal ones included; null where none is dropped or shown. */
  readonly farthest: number | null;
}

/** Of several masks of one grid together. Hidden units show nothing. */
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

/** Steps of every unit to the nearest shown one, by a search from all shown ones at once. */
export function stepsToShown(states: readonly UnitState[], grid: Grid): number[] {
  const steps = states.map((state) => (state === 'visible' ? 0 : Number.POSITIVE_INFINITY));
  let edge = [...steps.keys()].filter((unit) => steps[unit] === 0);
  for (let distance = 1; edge.length > 0; distance++) {
    const next = edge.flatMap((unit) => around(unit, grid));
    edge = [...new Set(next)].filter((unit) => steps[unit] === Number.POSITIVE_INFINITY);
    for (const unit of edge) steps[unit] = distance;
  }
  return steps;
}

/** The units beside and diagonal to one. */
function around(unit: number, { rows, columns }: Grid): number[] {
  const [row, column] = [Math.floor(unit / columns), unit % columns];
  const near: number[] = [];
  for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++) {
    for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++) {
      near.push(r * columns + c);
    }
  }
  return near;
}
