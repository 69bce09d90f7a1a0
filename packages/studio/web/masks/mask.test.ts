import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, test } from 'vitest';
import {
  type Cell,
  compactGrid,
  compactOrder,
  type Draw,
  drawMask,
  type Grid,
  keptByWindow,
  tiles,
  windowSide,
} from './mask.js';
import { cells, plainSettings, queryOf, settingsFrom, sides } from './settings.js';

function drawing(seed: number): Draw {
  const generator = xoroshiro128plus(seed);
  return (count) => uniformInt(generator, 0, count - 1);
}

/** Grids, cells that tile them, shares and seeds, at random. */
const cases = Array.from({ length: 200 }, (_, seed) => {
  const draw = drawing(seed + 1);
  const cell: Cell = [1 + draw(4), 1 + draw(4)];
  const grid: Grid = { rows: cell[0] * (1 + draw(6)), columns: cell[1] * (1 + draw(6)) };
  return { cell, grid, share: draw(20) / 20, draw };
});

describe('uniform masks', () => {
  test('keep exactly one unit of every cell, in the order of the cells', () => {
    for (const { cell, grid, share, draw } of cases) {
      const states = drawMask({ kind: 'uniform', cell, hidden: share }, grid, draw);
      expect(keptByWindow(states, grid, cell).every((kept) => kept === 1)).toBe(true);
      const { rows, columns } = compactGrid(grid, cell);
      const order = compactOrder(states, grid, cell);
      expect(order).toHaveLength(rows * columns);
      for (const [place, unit] of order.entries()) {
        const [row, column] = [Math.floor(unit / grid.columns), unit % grid.columns];
        expect(Math.floor(row / cell[0]) * columns + Math.floor(column / cell[1])).toBe(place);
      }
    }
  });

  test('fill all windows of the compact grid alike', () => {
    for (const { cell, grid, draw } of cases) {
      const states = drawMask({ kind: 'uniform', cell, hidden: 0.25 }, grid, draw);
      const side = windowSide(compactGrid(grid, cell));
      const counts = keptByWindow(states, grid, [side * cell[0], side * cell[1]]);
      expect(new Set(counts)).toEqual(new Set([side ** 2]));
    }
  });

  test('reach every place of a cell', () => {
    const draw = drawing(7);
    const seen = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const masking = { kind: 'uniform', cell: [2, 3], hidden: 0 } as const;
      seen.add(drawMask(masking, { rows: 2, columns: 3 }, draw).indexOf('visible'));
    }
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

describe('random masks', () => {
  test('drop as many units as the ratio says, and hide none', () => {
    for (const { grid, share, draw } of cases) {
      const states = drawMask({ kind: 'random', ratio: share }, grid, draw);
      const dropped = states.filter((state) => state === 'dropped').length;
      expect(dropped).toBe(Math.floor(share * grid.rows * grid.columns));
      expect(states).not.toContain('hidden');
    }
  });
});

describe('settings', () => {
  test('survive the way through an address', () => {
    for (const side of sides) {
      for (const cell of cells.filter((known) => tiles({ rows: side, columns: side }, known))) {
        const settings = { ...plainSettings, side, cell, ratio: 0.6, hidden: 0, seed: side };
        expect(settingsFrom(queryOf(settings))).toEqual(settings);
      }
    }
    expect(queryOf(plainSettings).toString()).toBe('');
  });

  test.each([
    'method=magic&side=17&cell=9x9&ratio=2&hidden=-1&seed=1.5',
    'side=8&cell=3x3',
    'ratio=&seed=-3&hidden=NaN',
  ])('take what makes no sense as it is by default: %s', (query) => {
    const { side, ...rest } = settingsFrom(new URLSearchParams(query));
    const { side: _, ...plain } = plainSettings;
    expect(rest).toEqual(plain);
    expect(sides).toContain(side);
  });
});
