/** What objectives, heads and probes know of a backbone, whichever it is. */
import { arange, type Generator, scope, type Tensor } from '@um-mae/torch';
import { type LayerNorm, Module } from '@um-mae/torch/nn';
import type { PatchEmbedding } from './patch-embedding.js';
import { patchify } from './patches.js';

/** In pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** Where tokens stand on the full grid, in steps of its finest tokens. */
export interface Positions {
  /** i64 [batch or 1, height, width] */
  readonly row: Tensor;
  /** i64 [batch or 1, height, width] */
  readonly column: Tensor;
  /** Rows and columns of the full grid's finest tokens. */
  readonly full: readonly [rows: number, columns: number];
  /** Side of the squares of finest tokens that stay together: of a unit's on a compact grid, else infinite. */
  readonly together: number;
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

export interface Encoded {
  /** The output of each stage, [batch, height, width, channels]; the last one through the final norm. */
  readonly maps: readonly Tensor[];
  /** [batch, 1, channels], where the backbone has one; through the final norm. */
  readonly classToken?: Tensor | undefined;
}

/** What a backbone is built with beside its options. */
export interface BackboneParts {
  readonly generator: Generator;
  /** Whether there is a final norm; a classifier that norms means of tokens has none. Default true. */
  readonly finalNorm?: boolean;
  /** Whether stored positions are trained, from their sines and cosines on. Default false. */
  readonly trainedPositions?: boolean;
}

/** Is told what a part of the model has computed; the value is freed after, unless it is kept. */
export type Observer = (name: string, value: Tensor) => void;

export abstract class Backbone extends Module {
  abstract readonly patch_embed: PatchEmbedding;
  /** Over the output of the last stage. */
  abstract readonly norm: LayerNorm | undefined;
  /** Patch side, in pixels. */
  abstract readonly patch: number;
  /** Channels of each stage's feature map. */
  abstract readonly channels: readonly number[];
  /** Pixels between neighbours in each stage's feature map of a full image. */
  abstract readonly strides: readonly number[];
  /** Whether it has a class token. */
  abstract readonly hasClassToken: boolean;

  /** Runs all stages on a grid of patches. */
  abstract forward(grid: PatchGrid, observe?: Observer): Encoded;

  /** Channels of the last stage. */
  get width(): number {
    return this.channels.at(-1) ?? 0;
  }

  /**
   * Feature maps of whole images, without any mask.
   *
   * @param images [batch, 3, height, width], normalised
   * @returns one map per stage, [batch, height / stride, width / stride, channels]; the last one through the
   *   final norm, where there is one
   */
  features(images: Tensor): Tensor[] {
    return scope(() => [...this.forward(fullGrid(images, this.patch)).maps]);
  }
}

/** All patches of images [batch, 3, height, width]. */
export function fullGrid(images: Tensor, patch: number): PatchGrid {
  const [batch, , height, width] = images.sizes(4);
  const [rows, columns] = [height / patch, width / patch];
  const pixels = patchify(images, patch).view([batch, rows, columns, -1]);
  return { pixels, positions: fullPositions(rows, columns, images.device) };
}

/** Positions of all tokens of a full grid, shared by all images. */
export function fullPositions(rows: number, columns: number, device: string): Positions {
  const count = { dtype: 'i64', device } as const;
  return {
    row: arange(0, rows, count).view([1, rows, 1]).expand([1, rows, columns]),
    column: arange(0, columns, count).view([1, 1, columns]).expand([1, rows, columns]),
    full: [rows, columns],
    together: Number.POSITIVE_INFINITY,
  };
}

/** The rows of a table of positions, [1, rows * columns, channels], at which tokens stand: [batch, height, width, channels] */
export function takePositions(table: Tensor, { row, column, full }: Positions): Tensor {
  const index = row.mul(full[1]).add(column);
  return table
    .at(0)
    .indexSelect(0, index.flatten())
    .view([...index.shape, -1]);
}

/** Whether tokens of visible units only were moved together. */
export function isCompact({ together }: Positions): boolean {
  return Number.isFinite(together);
}
