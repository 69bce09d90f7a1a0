/** Masks, and the kinds of masking that a recipe can choose. */
import type { Generator, Tensor } from '@um-mae/torch';
import { UmMaeError } from '../errors.js';
import type { Grid } from './grid.js';
import { predictAmongDropped } from './predicted.js';
import { droppedCount, randomSampling } from './random.js';
import { hideAmongVisible } from './secondary.js';
import { type Cell, type Corners, uniformSampling } from './uniform.js';

/** One mask per image, over the mask units in raster order. */
export interface Mask {
  /** [batch, units] bool: kept by sampling, so the encoder has a token there. */
  readonly visible: Tensor;
  /** [batch, units] bool: kept, but its content is replaced by a learned token. */
  readonly hidden: Tensor;
}

/** A mask that also says which units a training step has to predict. */
export interface TrainingMask extends Mask {
  /** [batch, units] bool: dropped, and the loss covers it. */
  readonly predicted: Tensor;
}

/** The kind of masking, with its options. */
export type MaskingOptions =
  | {
      readonly kind: 'uniform';
      /** Units of which one stays visible: [2, 2] in the paper. */
      readonly cell: Cell;
      /** Share of the visible units that secondary masking hides. */
      readonly secondaryRatio: number;
      readonly corners: Corners;
    }
  | {
      readonly kind: 'random';
      /** Share of the units that sampling drops. */
      readonly ratio: number;
      readonly secondaryRatio: number;
    };

/** The arguments of drawing a mask, beside the options of its kind. */
export interface MaskRequest {
  readonly batch: number;
  readonly grid: Grid;
  /** Share of the dropped units that the loss covers. Default 1. */
  readonly predicted?: number;
  readonly generator: Generator;
}

/** @throws UmMaeError when random sampling drops no unit of the grid: nothing could be learnt */
export function checkDrops(options: MaskingOptions, grid: Grid): void {
  if (options.kind === 'uniform' || droppedCount(options.ratio, grid) > 0) return;
  const units = grid.rows * grid.columns;
  throw new UmMaeError(
    'masking',
    `Expected a \`masking.ratio\` that drops at least one of ${units} units but got ${options.ratio}.`,
  );
}

/** Returns the number of units of an image that stay visible. */
export function visibleCount(options: MaskingOptions, grid: Grid): number {
  const units = grid.rows * grid.columns;
  return options.kind === 'uniform'
    ? units / (options.cell[0] * options.cell[1])
    : units - droppedCount(options.ratio, grid);
}

/**
 * Draws one mask per image: sampling, secondary masking (UM-MAE, section 3), and what of the rest
 * to predict.
 *
 * @example
 * ```ts
 * import { Generator } from '@um-mae/torch';
 * import { drawMask } from 'um-mae';
 *
 * const { visible, hidden } = drawMask(
 *   { kind: 'uniform', cell: [2, 2], secondaryRatio: 0.25, corners: 'independent' },
 *   { batch: 1, grid: { rows: 4, columns: 4 }, generator: new Generator(1) },
 * );
 * // One unit of every cell of 2 x 2 is visible, and one of these four is hidden.
 * console.log(visible.sum().number(), hidden.sum().number()); // 4 1
 * ```
 */
export function drawMask(options: MaskingOptions, request: MaskRequest): TrainingMask {
  const { predicted = 1, generator } = request;
  const visible = sample(options, request);
  return {
    visible,
    hidden: hideAmongVisible(visible, options.secondaryRatio, generator),
    predicted: predictAmongDropped(visible, predicted, generator),
  };
}

function sample(options: MaskingOptions, request: MaskRequest): Tensor {
  switch (options.kind) {
    case 'uniform':
      return uniformSampling({ ...request, cell: options.cell, corners: options.corners });
    case 'random':
      return randomSampling({ ...request, ratio: options.ratio });
  }
}
