import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packCells, packList } from './compact.js';
import { nearnessOf, stepsToShown } from './nearness.js';
import { compactGrid, drawMask } from './sampling.js';
import { type Cell, countOf, type Grid } from './unit-state.js';
import { batchWindows } from './windows.js';

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const ratios = fc.double({ min: 0, max: 1, noNaN: true });
const sides = fc.integer({ min: 1, max: 5 });
const grids = fc.record({
  rows: fc.integer({ min: 1, max: 20 }),
  columns: fc.integer({ min: 1, max: 20 }),
});

/** A grid that windows of whole cells tile, and a mask over it. */
const uniform = fc
  .record({
    cell: fc.tuple(sides, sides),
    window: fc.tuple(sides, sides),
    windows: fc.tuple(sides, sides),
    secondaryRatio: ratios,
    seed: seeds,
  })
  .map(({ cell, window, windows, secondaryRatio, seed }) => {
    const grid: Grid = {
      rows: cell[0] * window[0] * windows[0],
      columns: cell[1] * window[1] * windows[1],
    };
    const states = drawMask({ kind: 'uniform', cell, secondaryRatio }, grid, seed);
    return { cell, window, windows, secondaryRatio, seed, grid, states };
  });

/** Finds the cell or window of a grid that a unit is in, rows first. */
function placeOf(unit: number, { columns }: Grid, [height, width]: Cell): number {
  const row = Math.floor(Math.floor(unit / columns) / height);
  return row * (columns / width) + Math.floor((unit % columns) / width);
}

describe('drawMask', () => {
  test('keeps exactly one unit of every cell', () => {
    fc.assert(
      fc.property(uniform, ({ cell, grid, states }) => {
        const { rows, columns } = compactGrid(grid, cell);
        const kept = [...states.keys()].filter((unit) => states[unit] !== 'dropped');
        const found = kept.map((unit) => placeOf(unit, grid, cell));
        expect(found.sort((a, b) => a - b)).toEqual([...Array(rows * columns).keys()]);
      }),
    );
  });

  test('shows the rounded-down rest of the kept units, hides the others, and moves none', () => {
    fc.assert(
      fc.property(uniform, ({ cell, grid, states, secondaryRatio, seed }) => {
        const { rows, columns } = compactGrid(grid, cell);
        const shown = Math.trunc(rows * columns * (1 - secondaryRatio));
        expect(countOf(states, 'visible')).toBe(shown);
        expect(countOf(states, 'hidden')).toBe(rows * columns - shown);
        const plain = drawMask({ kind: 'uniform', cell, secondaryRatio: 0 }, grid, seed);
        expect(states.map((state) => state === 'dropped')).toEqual(
          plain.map((state) => state === 'dropped'),
        );
      }),
    );
  });

  test('drops the rounded-down share of random units, more of the same at a higher ratio', () => {
    fc.assert(
      fc.property(grids, seeds, ratios, ratios, (grid, seed, first, second) => {
        const [low, high] = [Math.min(first, second), Math.max(first, second)];
        const [few, many] = [low, high].map((ratio) => {
          const states = drawMask({ kind: 'random', ratio }, grid, seed);
          expect(countOf(states, 'dropped')).toBe(Math.floor(ratio * grid.rows * grid.columns));
          return states;
        });
        expect(few?.every((state, i) => state === 'visible' || many?.[i] === 'dropped')).toBe(true);
      }),
    );
  });

  test('repeats itself from one seed and differs between seeds', () => {
    const grid = { rows: 16, columns: 16 };
    for (const masking of [
      { kind: 'random', ratio: 0.75 },
      { kind: 'uniform', cell: [2, 2], secondaryRatio: 0.25 },
    ] as const) {
      const draw = (seed: number) => drawMask(masking, grid, seed);
      expect(draw(3)).toEqual(draw(3));
      expect(draw(3)).not.toEqual(draw(4));
    }
  });

  test('draws every corner of a cell about equally often', () => {
    const grid = { rows: 40, columns: 40 };
    const corners = [0, 0, 0, 0];
    for (let seed = 0; seed < 10; seed++) {
      const states = drawMask({ kind: 'uniform', cell: [2, 2], secondaryRatio: 0 }, grid, seed);
      for (const [unit, state] of states.entries()) {
        const corner = (Math.floor(unit / 40) % 2) * 2 + (unit % 2);
        if (state === 'visible') corners[corner] = (corners[corner] ?? 0) + 1;
      }
    }
    const chiSquared = corners.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // The 0.1 % quantile of three degrees of freedom.
    expect(chiSquared).toBeLessThan(16.27);
  });
});

describe('packings', () => {
  test('of cells hold the kept unit of each, cells in raster order', () => {
    fc.assert(
      fc.property(uniform, ({ cell, grid, states }) => {
        const packing = packCells(states, grid, cell);
        expect(packing.grid).toEqual(compactGrid(grid, cell));
        const { order } = packing;
        expect(order.map((unit) => placeOf(unit, grid, cell))).toEqual([...order.keys()]);
        expect(order.every((unit) => states[unit] !== 'dropped')).toBe(true);
      }),
    );
  });

  test('of lists hold every kept unit once, in raster order', () => {
    fc.assert(
      fc.property(grids, seeds, ratios, (grid, seed, ratio) => {
        const states = drawMask({ kind: 'random', ratio }, grid, seed);
        const { order, grid: packed } = packList(states);
        expect(order).toEqual([...states.keys()].filter((unit) => states[unit] === 'visible'));
        const free = packed.rows * packed.columns - order.length;
        expect(free >= 0 && free < packed.columns).toBe(true);
      }),
    );
  });
});

describe('batchWindows', () => {
  test('finds equally many units in windows of whole cells, and nothing to pad', () => {
    fc.assert(
      fc.property(uniform, ({ cell, window, windows, grid, states }) => {
        const side: Cell = [cell[0] * window[0], cell[1] * window[1]];
        const batch = batchWindows(states, grid, side);
        expect(batch.grid).toEqual({ rows: windows[0], columns: windows[1] });
        expect(new Set(batch.counts)).toEqual(new Set([window[0] * window[1]]));
        expect(batch.padding).toBe(0);
      }),
    );
  });

  test('counts every kept unit once, and pads all windows to the fullest', () => {
    const grid = { rows: 12, columns: 16 };
    fc.assert(
      fc.property(seeds, ratios, (seed, ratio) => {
        const states = drawMask({ kind: 'random', ratio }, grid, seed);
        const { counts, least, most, padding } = batchWindows(states, grid, [4, 4]);
        const kept = countOf(states, 'visible');
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(kept);
        expect([least, most]).toEqual([Math.min(...counts), Math.max(...counts)]);
        expect((1 - padding) * most * counts.length).toBeCloseTo(kept, 9);
      }),
    );
  });
});

describe('nearnessOf', () => {
  test('finds that every dropped unit of a 2x2 cell touches a shown one, until some are hidden', () => {
    const grid = { rows: 16, columns: 16 };
    const draw = (secondaryRatio: number) =>
      drawMask({ kind: 'uniform', cell: [2, 2], secondaryRatio }, grid, 5);
    expect(nearnessOf([draw(0)], grid)).toEqual({ touching: 1, farthest: 1 });
    expect(nearnessOf([draw(0.5)], grid).touching).toBeLessThan(1);
  });

  test('takes the nearest of all shown units', () => {
    fc.assert(
      fc.property(grids, seeds, ratios, (grid, seed, ratio) => {
        const states = drawMask({ kind: 'random', ratio }, grid, seed);
        const place = (unit: number) =>
          [Math.floor(unit / grid.columns), unit % grid.columns] as const;
        const shown = [...states.keys()].filter((unit) => states[unit] === 'visible').map(place);
        const steps = stepsToShown(states, grid);
        for (const unit of states.keys()) {
          const [row, column] = place(unit);
          const all = shown.map(([r, c]) => Math.max(Math.abs(r - row), Math.abs(c - column)));
          expect(steps[unit]).toBe(Math.min(...all));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('tells nothing where nothing is dropped or shown', () => {
    const grid = { rows: 2, columns: 2 };
    expect(nearnessOf([Array(4).fill('visible')], grid)).toEqual({
      touching: null,
      farthest: null,
    });
    expect(nearnessOf([Array(4).fill('dropped')], grid)).toEqual({ touching: 0, farthest: null });
  });
});
