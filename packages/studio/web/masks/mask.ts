/**
 * Masks over the units of one image, as um-mae's `masking` draws them, without tensors: what runs in a browser.
 *
 * Source: Li et al. 2022 (UM-MAE), arXiv:2205.10063, section 3; random masks as in He et al. 2022, arXiv:2111.06377.
 */

/** Rows and columns of units. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** Rows and columns of units of which uniform sampling keeps one. */
export type Cell = readonly [rows: number, columns: number];

/** A mask unit: in the encoder's grid, there but replaced by a learned token, or not there at all. */
export type UnitState = 'visible' | 'hidden' | 'dropped';

/** `ratio`: share of the units that is dropped. `hidden`: share of the kept units that a token replaces. */
export type Masking =
  | { readonly kind: 'random'; readonly ratio: number }
  | { readonly kind: 'uniform'; readonly cell: Cell; readonly hidden: number };

/** Draws a whole number below `count`. */
export type Draw = (count: number) => number;

/** @returns the state of every unit in raster order */
export function drawMask(masking: Masking, grid: Grid, draw: Draw): UnitState[] {
  const units = grid.rows * grid.columns;
  const states: UnitState[] = Array.from({ length: units }, () => 'dropped');
  const all = Array.from({ length: units }, (_, unit) => unit);
  const kept =
    masking.kind === 'random'
      ? shuffled(all, draw).slice(Math.floor(masking.ratio * grid.rows * grid.columns))
      : cellsOf(grid, masking.cell).map((cell) => cell[draw(cell.length)] ?? 0);
  for (const unit of kept) states[unit] = 'visible';
  if (masking.kind === 'random') return states;
  const shown = Math.trunc(kept.length * (1 - masking.hidden));
  for (const unit of shuffled(kept, draw).slice(shown)) states[unit] = 'hidden';
  return states;
}

/** Whether cells fill the grid without a rest. */
export function tiles({ rows, columns }: Grid, [down, across]: Cell): boolean {
  return rows % down === 0 && columns % across === 0;
}

/** The grid of cells, which is that of the kept units. */
export function compactGrid({ rows, columns }: Grid, [down, across]: Cell): Grid {
  return { rows: rows / down, columns: columns / across };
}

/** @returns the kept unit of every cell: what stands at each place of the compact grid */
export function compactOrder(states: readonly UnitState[], grid: Grid, cell: Cell): number[] {
  return cellsOf(grid, cell).flatMap((units) => units.filter((unit) => states[unit] !== 'dropped'));
}

/** @returns how many units of every window are kept, windows in raster order */
export function keptByWindow(states: readonly UnitState[], grid: Grid, window: Cell): number[] {
  return cellsOf(grid, window).map(
    (units) => units.filter((unit) => states[unit] !== 'dropped').length,
  );
}

/** Side of square windows that tile a grid: small ones, as in the first stage of Swin. */
export function windowSide({ rows, columns }: Grid): number {
  const fits = (side: number) => rows % side === 0 && columns % side === 0;
  const shorter = Math.min(rows, columns);
  return [2, 3, 5].find((side) => fits(side) && side < shorter) ?? (fits(shorter) ? shorter : 1);
}

/** The units of every cell, both in raster order. */
function cellsOf(grid: Grid, [down, across]: Cell): number[][] {
  const { rows, columns } = compactGrid(grid, [down, across]);
  return Array.from({ length: rows * columns }, (_, i) => {
    const [top, left] = [Math.floor(i / columns) * down, (i % columns) * across];
    return Array.from(
      { length: down * across },
      (__, k) => (top + Math.floor(k / across)) * grid.columns + left + (k % across),
    );
  });
}

function shuffled(values: readonly number[], draw: Draw): number[] {
  const order = [...values];
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = draw(last + 1);
    [order[chosen], order[last]] = [order[last] ?? 0, order[chosen] ?? 0];
  }
  return order;
}
