/** The parts between images and the levels of a pyramid, as every detector has them. */
import type { Tensor } from '@um-mae/torch';
import type { Module } from '@um-mae/torch/nn';
import type { Backbone } from '../../../backbones/backbone.js';

/** Four maps of a backbone, each of half the rows and columns of the one before. */
export interface MapSource extends Module {
  readonly encoder: Backbone;
  /** Channels of each map. */
  readonly channels: readonly number[];
  /** Pixels of the image to a place of each map. */
  readonly strides: readonly number[];
  /** @param images [batch, 3, height, width], normalised @returns from the finest to the coarsest */
  forward(images: Tensor): Tensor[];
}

/** Levels of one width from maps, coarser ones than the maps among them. */
export interface LevelMaker extends Module {
  /** @param maps [batch, channels, height, width] each, from the finest to the coarsest */
  forward(maps: readonly Tensor[]): Tensor[];
}
