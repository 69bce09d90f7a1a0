/** What objectives, heads and probes know of a backbone, whichever it is. */
import { type Generator, scope, type Tensor } from '@um-mae/torch';
import { type LayerNorm, Module } from '@um-mae/torch/nn';
import type { PatchEmbedding } from './parts/patch-embedding.js';
import { fullGrid, type PatchGrid } from './parts/patch-grid.js';

/** In pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
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
