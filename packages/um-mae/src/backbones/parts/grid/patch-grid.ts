/** Patches of images as a backbone takes them, and where they stand. */
import { arange, type Tensor } from '@um-mae/torch';
import { patchify } from './patches.js';

/** The positions of tokens on the full grid, in steps of its finest tokens. */
export interface Positions {
  /** i64 [batch or 1, height, width] */
  readonly row: Tensor;
  /** i64 [batch or 1, height, width] */
  readonly column: Tensor;
  /** Rows and columns of the full grid's finest tokens. */
  readonly full: readonly [rows: number, columns: number];
  /**
   * Side of the squares of finest tokens that stay together: of a unit's on a compact grid, else
   * infinite.
   */
  readonly squareSide: number;
}

/** Patches for a backbone: all of an image, or those of its visible units. */
export interface PatchGrid {
  /** f32 [batch, height, width, patch * patch * 3] in the order row, column, colour */
  readonly pixels: Tensor;
  readonly positions: Positions;
  readonly replaced?: Replacement | undefined;
}

/** Tokens whose content a learned one takes the place of; their positions stay. */
export interface Replacement {
  /** bool [batch, height, width, 1] */
  readonly where: Tensor;
  /** [1, 1, channels] */
  readonly token: Tensor;
  /** Whether the token takes part in the norm of the patch embedding, where there is one. */
  readonly normed: boolean;
}

/**
 * All patches of images [batch, 3, height, width].
 *
 * @example
 * ```ts
 * import { zeros } from '@um-mae/torch';
 * import { fullGrid } from 'um-mae';
 *
 * const { pixels } = fullGrid(zeros([1, 3, 32, 64]), 4);
 * console.log(pixels.shape); // [ 1, 8, 16, 48 ]
 * ```
 */
export function fullGrid(images: Tensor, patch: number): PatchGrid {
  const [batch, , height, width] = images.sizes(4);
  const [rows, columns] = [height / patch, width / patch];
  const pixels = patchify(images, patch).view([batch, rows, columns, -1]);
  return { pixels, positions: fullPositions(rows, columns, images.device) };
}

/** All whole patches of images of any size; what is left of some below and on the right is cut. */
export function wholeGrid(images: Tensor, patch: number): PatchGrid {
  const [, , height, width] = images.sizes(4);
  const rows = images.narrow(2, 0, height - (height % patch));
  return fullGrid(rows.narrow(3, 0, width - (width % patch)), patch);
}

/** Positions of all tokens of a full grid, shared by all images. */
export function fullPositions(rows: number, columns: number, device: string): Positions {
  const count = { dtype: 'i64', device } as const;
  return {
    row: arange(0, rows, count).view([1, rows, 1]).expand([1, rows, columns]),
    column: arange(0, columns, count).view([1, 1, columns]).expand([1, rows, columns]),
    full: [rows, columns],
    squareSide: Number.POSITIVE_INFINITY,
  };
}

/** Whether tokens of visible units only were moved together. */
export function isCompact({ squareSide }: Positions): boolean {
  return Number.isFinite(squareSide);
}
