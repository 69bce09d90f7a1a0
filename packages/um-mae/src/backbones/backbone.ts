/**
 * The contract of a backbone: what objectives, heads, features and pictures use of it, whichever
 * family it is of.
 */
import { type Generator, scope, type Tensor } from '@um-mae/torch';
import { type LayerNorm, Module } from '@um-mae/torch/nn';
import { at } from '../at.js';
import type { BackboneShape } from './family.js';
import type { PatchEmbedding } from './parts/grid/patch-embedding.js';
import { fullGrid, type PatchGrid } from './parts/grid/patch-grid.js';

/** The size of an image, in pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** The output of a backbone for a grid of patches. */
export interface Encoded {
  /**
   * The output of each stage, or of each block that is tapped, [batch, height, width, channels];
   * the last one through the final norm.
   */
  readonly maps: readonly Tensor[];
  /** [batch, 1, channels], where the backbone has one; through the final norm. */
  readonly classToken?: Tensor | undefined;
}

/** Constructor arguments that all backbones take beside their options. */
export interface BackboneParts {
  readonly generator: Generator;
  /**
   * Whether there is a final norm; a classifier that norms means of tokens has none. Default true.
   */
  readonly finalNorm?: boolean;
  /** Whether stored positions are trained, from their sines and cosines on. Default false. */
  readonly trainedPositions?: boolean;
  /**
   * The size of images whose windows, where a backbone has windows, are kept for images of any
   * size: maps that they do not divide are padded with zeros, which are looked at. Without it
   * windows follow each image, and what pads them is hidden.
   */
  readonly nominal?: ImageSize | undefined;
  /**
   * Chooses, of so many blocks, those after which a backbone of one stage gives a map, counted from
   * 0; pyramids give one after each stage. Default: the last.
   */
  readonly taps?: ((blocks: number) => readonly number[]) | undefined;
  /**
   * Whether attention to all tokens has a learned bias for each difference of positions, at the one
   * size of images that the backbone is built for. Default false.
   */
  readonly relativePositions?: boolean | undefined;
  /**
   * The windows that most blocks of a backbone of one stage attend in. Its maps are then made of
   * patches alone, without class token and registers. Default: all blocks attend to all tokens.
   */
  readonly windows?: AttentionWindows | undefined;
}

/** Attention inside of windows in all blocks but some that are evenly spaced, the last among them. */
export interface AttentionWindows {
  /** Side of a window, in tokens. */
  readonly side: number;
  /** Blocks that attend to all tokens. */
  readonly global: number;
}

/** A network from patches to feature maps. What it has, of its shape, are its properties. */
export abstract class Backbone extends Module implements BackboneShape {
  abstract readonly patch_embed: PatchEmbedding;
  /** The norm over the output of the last stage. */
  abstract readonly norm: LayerNorm | undefined;

  constructor(readonly shape: BackboneShape) {
    super();
  }

  /** Runs all stages on a grid of patches. */
  abstract forward(grid: PatchGrid): Encoded;

  /**
   * Computes how much attention each place receives in the last block of every stage: weights
   * summed over queries and averaged over heads. With uniform attention every place receives 1. A
   * backbone without attention does not have this method.
   *
   * @param image [1, 3, height, width], normalised
   * @returns [rows, columns] for each stage, of its tokens or of the squares of tokens that share a
   *   key
   */
  attentionReceived?(image: Tensor): Tensor[];

  get patch(): number {
    return this.shape.patch;
  }

  get channels(): readonly number[] {
    return this.shape.channels;
  }

  get strides(): readonly number[] {
    return this.shape.strides;
  }

  get unit(): number {
    return this.shape.unit;
  }

  get unitsPerToken(): number {
    return this.shape.unitsPerToken;
  }

  get epsilon(): number {
    return this.shape.epsilon;
  }

  get hasClassToken(): boolean {
    return this.shape.hasClassToken;
  }

  get needsGrid(): boolean {
    return this.shape.needsGrid;
  }

  /** Channels of the last stage. */
  get width(): number {
    return at(this.channels, -1);
  }

  /**
   * Feature maps of whole images of any size that the strides divide, without any mask. Stored
   * positions of images of another size are resized.
   *
   * @param images [batch, 3, height, width], normalised
   * @returns one map per stage, [batch, height / stride, width / stride, channels]; the last one
   *   through the final norm, where there is one
   */
  features(images: Tensor): Tensor[] {
    return scope(() => [...this.forward(fullGrid(images, this.patch)).maps]);
  }
}
