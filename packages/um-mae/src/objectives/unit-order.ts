/** Orders the units of an image for an encoder and a decoder. */
import { arange, type Tensor } from '@um-mae/torch';
import { compactOrder } from '../masking/compact.js';
import type { Grid } from '../masking/grid.js';
import type { TrainingMask } from '../masking/mask.js';
import type { Cell } from '../masking/uniform.js';

/** All i64, indices of units in raster order. */
export interface UnitOrder {
  /** [batch, visible], as the encoder takes them. */
  readonly encoded: Tensor;
  /** [batch, visible], in raster order. */
  readonly visible: Tensor;
  /**
   * [batch, dropped]: those that are not predicted, then those that are, either in raster order.
   */
  readonly dropped: Tensor;
  /** [batch, predicted], in raster order. */
  readonly predicted: Tensor;
}

/** Options that decide the order, beside the mask. */
export interface UnitOrderOptions {
  readonly grid: Grid;
  /** The cell of the compact grid that the encoder takes; undefined for units in raster order. */
  readonly cell: Cell | undefined;
  /** The counts in every image, given because counting them would mean waiting for a GPU. */
  readonly counts: { readonly visible: number; readonly predicted: number };
}

export function unitOrder(
  { visible, predicted }: Pick<TrainingMask, 'visible' | 'predicted'>,
  { grid, cell, counts }: UnitOrderOptions,
): UnitOrder {
  const [, units] = visible.sizes(2);
  const { visible: kept, predicted: wanted } = counts;
  const place = arange(0, units, { dtype: 'i64', device: visible.device });
  const rank = visible.to('i64').mul(2).add(predicted);
  const sorted = rank.mul(units).add(place).argsort({ dim: 1 });
  const raster = sorted.narrow(1, units - kept, kept);
  return {
    encoded: cell ? compactOrder(visible, grid, cell) : raster,
    visible: raster,
    dropped: sorted.narrow(1, 0, units - kept),
    predicted: sorted.narrow(1, units - kept - wanted, wanted),
  };
}
