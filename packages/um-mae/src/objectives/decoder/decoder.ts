/** The contract between a masked autoencoder and its decoder. */
import type { Tensor } from '@um-mae/torch';
import { Module } from '@um-mae/torch/nn';
import type { UnitOrder } from '../unit-order.js';

/** The input of a decoder for one batch. */
export interface DecoderInput {
  /**
   * [batch, seen, channels]: the class token where there is one, then what the encoder made of the
   * visible units, at their positions.
   */
  readonly seen: Tensor;
  /** [units, channels]: a mask token at the position of each unit, which is equal in all images. */
  readonly masked: Tensor;
  /** [batch, visible] i64: the units at whose positions the visible ones stand in `seen`. */
  readonly visible: Tensor;
  readonly dropped: UnitOrder['dropped'];
  readonly predicted: UnitOrder['predicted'];
}

export abstract class Decoder extends Module {
  /** @returns [batch, predicted, channels], through the final norm */
  abstract forward(input: DecoderInput): Tensor;

  /**
   * @returns [batch, units, channels], visible units included, in raster order; through the final
   *   norm
   */
  abstract decodeAll(input: DecoderInput): Tensor;
}
