/** Fixed positions of the tokens of a grid, as numbers that differ from place to place. */
import { cat, type Tensor, tensor, zeros } from '@um-mae/torch';
import type { Grid } from '../../../masking/grid.js';

/**
 * Fixed positions: the first half of the channels encodes the column, the second half the row; each
 * half holds the sines of all frequencies `10000^(-k / (channels / 4))`, then the cosines. Computed
 * in float64.
 *
 * Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.5, in the 2-D form of MAE's code.
 *
 * @param channels what is left of a division by 4 stays 0
 * @returns f32 [1, rows * columns, channels]
 */
export function sineCosinePositions({ rows, columns }: Grid, channels: number): Tensor {
  const frequencies = Array.from(
    { length: Math.floor(channels / 4) },
    (_, k) => 10000 ** (-k / (channels / 4)),
  );
  const rest = new Array<number>(channels % 4).fill(0);
  const encode = (coordinate: number) => [
    ...frequencies.map((frequency) => Math.sin(coordinate * frequency)),
    ...frequencies.map((frequency) => Math.cos(coordinate * frequency)),
  ];
  const values = Array.from({ length: rows * columns }, (_, i) => [
    ...encode(i % columns),
    ...encode(Math.floor(i / columns)),
    ...rest,
  ]);
  return tensor([values]);
}

/**
 * The same with a row of zeros in front, for a class token: f32 [1, 1 + rows * columns, channels]
 */
export function classPositions(grid: Grid, channels: number): Tensor {
  return cat([zeros([1, 1, channels]), sineCosinePositions(grid, channels)], { dim: 1 });
}
