/** The samples of one of several processes in a batch that they share, and what is drawn for them. */
import type { Generator } from '../../../device/random.js';
import { rand } from '../../../generated/operators.js';
import type { Tensor } from '../../../tensor/tensor.js';

/** The samples of one process among those of a batch that several share. */
export interface BatchRows {
  /** The place of the first in the whole batch. */
  readonly first: number;
  readonly count: number;
  /** The samples of the whole batch. */
  readonly of: number;
}

/** The rows of a tensor whose first axis is the whole batch. */
export function rowsOf(whole: Tensor, { first, count }: BatchRows): Tensor {
  return whole.slice({ start: first, end: first + count });
}

interface DrawOptions {
  /** Draws on the CPU; undefined for the default generator. */
  readonly generator: Generator | undefined;
  /** The samples of this process among all; undefined where it has all of them. */
  readonly rows: BatchRows | undefined;
}

/**
 * Uniform numbers in [0, 1), drawn for the whole batch: so every process leaves the generator as
 * the others do.
 *
 * @param shape of the samples of this process: [batch, ...]
 * @returns f32, of that shape
 */
export function drawRows(shape: readonly number[], { generator, rows }: DrawOptions): Tensor {
  const whole = shape.map((size, axis) => (axis === 0 ? (rows?.of ?? size) : size));
  const draws = rand(whole, { generator, dtype: 'f32' });
  return rows ? rowsOf(draws, rows) : draws;
}
