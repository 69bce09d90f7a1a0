/**
 * Bicubic resizing in plain numbers, for comparison (Keys 1981, a = -0.75, half-pixel centres,
 * edges repeated).
 */
import { type Tensor, tensor } from '@um-mae/torch';
import { at } from '../../at.js';
import type { Grid } from '../../masking/grid.js';

/**
 * @param table [1, front + rows * columns of `from`, channels]
 * @returns [1, front + rows * columns of `to`, channels], whose first `front` rows are those of
 *   `table`
 */
export function bicubic(
  table: Tensor,
  { from, to, front }: { readonly from: Grid; readonly to: Grid; readonly front: number },
): Tensor {
  const [, , channels] = table.sizes(3);
  const values = Array.from(table.contiguous().toArray(), Number);
  const value = (row: number, column: number, channel: number) =>
    at(values, (front + row * from.columns + column) * channels + channel);
  const down = Array.from({ length: to.rows }, (_, i) => taps(i, to.rows, from.rows));
  const across = Array.from({ length: to.columns }, (_, i) => taps(i, to.columns, from.columns));
  const rows = down.flatMap((vertical) =>
    across.map((horizontal) =>
      Array.from({ length: channels }, (_, channel) =>
        vertical.reduce(
          (sum, [row, weight]) =>
            sum +
            weight *
              horizontal.reduce(
                (own, [column, share]) => own + share * value(row, column, channel),
                0,
              ),
          0,
        ),
      ),
    ),
  );
  const kept = Array.from({ length: front }, (_, i) =>
    values.slice(i * channels, (i + 1) * channels),
  );
  return tensor([[...kept, ...rows]]);
}

/** The four places that one resized place is made of, and their weights. */
function taps(index: number, to: number, from: number): [place: number, weight: number][] {
  const centre = ((index + 0.5) * from) / to - 0.5;
  const first = Math.floor(centre) - 1;
  return [0, 1, 2, 3].map((offset) => {
    const place = Math.min(from - 1, Math.max(0, first + offset));
    return [place, cubic(Math.abs(centre - first - offset))];
  });
}

function cubic(distance: number, a = -0.75): number {
  if (distance <= 1) return (a + 2) * distance ** 3 - (a + 3) * distance ** 2 + 1;
  if (distance < 2) return a * (distance ** 3 - 5 * distance ** 2 + 8 * distance - 4);
  return 0;
}
