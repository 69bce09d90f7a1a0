import { Generator, rand, type Tensor, tensor } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { publishedText } from '../parity/published/published-files.js';
import { compactOrder } from './compact.js';
import { drawMask } from './mask.js';
import { randomSampling } from './random.js';
import { hideAmongVisible, hideByNoise, shownCount } from './secondary.js';
import { uniformSampling } from './uniform.js';

const grid = { rows: 6, columns: 10 };
const cell = [2, 2] as const;
const generator = () => new Generator(7);

function numbers(x: Tensor): number[] {
  return Array.from(x.to('f64').toArray(), Number);
}

/** [images, cells]: how many units of each 2x2 cell are visible. */
function perCell(visible: Tensor): number[] {
  const cells = visible.view([-1, grid.rows / 2, 2, grid.columns / 2, 2]).to('f32');
  return numbers(cells.sum([2, 4]));
}

describe('uniformSampling', () => {
  test.each(['independent', 'balanced'] as const)(
    'keeps one unit of every cell (%s)',
    (corners) => {
      const visible = uniformSampling({ batch: 50, grid, cell, corners, generator: generator() });
      expect(visible.shape).toEqual([50, 60]);
      expect(new Set(perCell(visible))).toEqual(new Set([1]));
    },
  );

  test('draws independent corners uniformly', () => {
    const visible = uniformSampling({
      batch: 400,
      grid,
      cell,
      corners: 'independent',
      generator: generator(),
    });
    const corners = visible.view([-1, 3, 2, 5, 2]).to('f32').sum([0, 1, 3]);
    const expected = (400 * 15) / 4;
    const chiSquared = numbers(corners).reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    // The 0.1 % quantile of three degrees of freedom.
    expect(chiSquared).toBeLessThan(16.27);
  });

  test('never exceeds the pool when corners are balanced', () => {
    const request = { batch: 200, grid: { rows: 4, columns: 4 }, cell, generator: generator() };
    const visible = uniformSampling({ ...request, corners: 'balanced' });
    const counts = numbers(visible.view([-1, 2, 2, 2, 2]).to('f32').sum([1, 3]));
    // Eight entries, two of each corner, of which four are drawn.
    expect(Math.max(...counts)).toBe(2);
  });

  test.each([
    [[1, 2], 30],
    [[3, 5], 4],
    [[3, 1], 20],
  ] as const)('keeps one unit of every cell of %j', (cell, kept) => {
    const request = { batch: 20, grid, cell, generator: generator() };
    const visible = uniformSampling({ ...request, corners: 'independent' });
    const [rows, columns] = [grid.rows / cell[0], grid.columns / cell[1]];
    const perCell = visible.view([20, rows, cell[0], columns, cell[1]]).to('f32').sum([2, 4]);
    expect(new Set(numbers(perCell))).toEqual(new Set([1]));
    expect(numbers(compactOrder(visible, grid, cell))).toHaveLength(20 * kept);
  });

  test('keeps equally many units in every window of whole cells, wherever it stands', () => {
    const request = { batch: 8, grid: { rows: 8, columns: 12 }, cell, generator: generator() };
    const visible = uniformSampling({ ...request, corners: 'independent' }).view([8, 8, 12]);
    for (const shift of [0, 2, 4, 6]) {
      const rolled = visible.to('f32').roll([-shift, -shift], { dims: [1, 2] });
      const windows = rolled.view([8, 2, 4, 3, 4]).sum([2, 4]);
      expect(new Set(numbers(windows))).toEqual(new Set([4]));
    }
  });

  test('draws other masks at every call', () => {
    const shared = generator();
    const draw = () =>
      numbers(uniformSampling({ batch: 1, grid, cell, corners: 'independent', generator: shared }));
    expect(draw()).not.toEqual(draw());
  });

  test('rejects a grid with an odd side', () => {
    const odd = { rows: 5, columns: 4 };
    expect(() =>
      uniformSampling({
        batch: 1,
        grid: odd,
        cell,
        corners: 'independent',
        generator: generator(),
      }),
    ).toThrow('Expected a grid of mask units that cells of 2x2 tile but got 5x4');
  });

  test('repeats itself from one seed and differs between seeds', () => {
    const draw = (seed: number) =>
      numbers(
        uniformSampling({
          batch: 2,
          grid,
          cell,
          corners: 'independent',
          generator: new Generator(seed),
        }),
      );
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });
});

describe('randomSampling', () => {
  test.each([
    [0.75, 15],
    [0.6, 24],
    [0.55, 27],
    [0, 60],
  ])('drops the rounded-down share of %d', (ratio, kept) => {
    const visible = randomSampling({ batch: 3, grid, ratio, generator: generator() });
    expect(numbers(visible.to('f32').sum([1]))).toEqual([kept, kept, kept]);
  });
});

describe('secondary masking', () => {
  test('hides the rest of the visible units and no others', () => {
    const request = { batch: 5, grid, generator: generator() };
    const { visible, hidden } = drawMask(
      { kind: 'uniform', cell, secondaryRatio: 0.25, corners: 'independent' },
      request,
    );
    expect(numbers(hidden.to('f32').sum([1]))).toEqual([4, 4, 4, 4, 4]);
    expect(hidden.logicalAnd(visible.logicalNot()).any().item()).toBe(false);
  });

  test('hides nothing at ratio 0', () => {
    const visible = randomSampling({ batch: 2, grid, ratio: 0.5, generator: generator() });
    expect(hideAmongVisible(visible, 0, generator()).any().item()).toBe(false);
  });

  test('shows the visible units of the lowest noise', () => {
    const visible = tensor([[true, true, false, true, true]]);
    const noise = tensor([[0.9, 0.1, 0.0, 0.4, 0.7]]);
    expect(numbers(hideByNoise(visible, 0.5, noise))).toEqual([1, 0, 0, 0, 1]);
  });

  test('shows as many units as published', () => {
    const { secondary_mask_kept_counts: counts } = JSON.parse(publishedText('util/case.json')) as {
      secondary_mask_kept_counts: {
        ratios: number[];
        rows_visible_then_kept_per_ratio: [number, number[]][];
      };
    };
    for (const [visible, kept] of counts.rows_visible_then_kept_per_ratio) {
      expect(counts.ratios.map((ratio) => shownCount(visible, ratio))).toEqual(kept);
    }
  });
});

describe('partial prediction', () => {
  const masking = { kind: 'uniform', cell, secondaryRatio: 0.25, corners: 'independent' } as const;

  test.each([
    [0.25, 11],
    [0.001, 1],
    [1, 45],
  ])('covers the share %d of the dropped units and no others', (predicted, count) => {
    const request = { batch: 5, grid, predicted, generator: generator() };
    const mask = drawMask(masking, request);
    expect(numbers(mask.predicted.to('f32').sum([1]))).toEqual(Array(5).fill(count));
    expect(mask.predicted.logicalAnd(mask.visible).any().item()).toBe(false);
  });

  test('changes no mask, and draws nothing where all are predicted', () => {
    const draw = (predicted: number) => {
      const shared = generator();
      const mask = drawMask(masking, { batch: 2, grid, predicted, generator: shared });
      return { mask, state: Buffer.from(shared.state).toString('hex') };
    };
    const [part, all] = [draw(0.25), draw(1)];
    expect(numbers(part.mask.visible)).toEqual(numbers(all.mask.visible));
    expect(numbers(part.mask.hidden)).toEqual(numbers(all.mask.hidden));
    const plain = generator();
    drawMask(masking, { batch: 2, grid, generator: plain });
    expect(all.state).toBe(Buffer.from(plain.state).toString('hex'));
    expect(part.state).not.toBe(all.state);
  });
});

describe('compactOrder', () => {
  test('lists the visible unit of each cell, cells in raster order', () => {
    const visible = tensor([
      [
        [false, true, false, false],
        [false, false, true, false],
      ],
    ]).view([1, 8]);
    expect(numbers(compactOrder(visible, { rows: 2, columns: 4 }, cell))).toEqual([1, 6]);
  });

  test('lists every visible unit once', () => {
    const visible = uniformSampling({
      batch: 4,
      grid,
      cell,
      corners: 'independent',
      generator: generator(),
    });
    const listed = rand([4, 60])
      .fill_(0)
      .scatter(1, compactOrder(visible, grid, cell), 1);
    expect(numbers(listed)).toEqual(numbers(visible));
  });
});
