/** The contract of a pre-training objective, as training uses it. */
import type { Generator, Tensor } from '@um-mae/torch';
import { Module } from '@um-mae/torch/nn';
import type { Backbone } from '../backbones/backbone.js';

/**
 * A network around a backbone that learns without labels. Its parameters are its properties, and
 * the names of properties are those of the tensors in checkpoints; the encoder's have no prefix, so
 * that whatever takes an encoder finds them.
 *
 * @template Draws named tensors that are drawn for a batch, such as masks
 */
export abstract class Objective<Draws extends object = object> extends Module {
  /** The backbone that learns: the part of the network that is used afterwards. */
  abstract readonly encoder: Backbone;

  override *children(): ReturnType<Module['children']> {
    for (const [name, child] of super.children()) yield [child === this.encoder ? '' : name, child];
  }

  /**
   * Draws all that a step draws, from the generator alone: so a run that is resumed draws what it
   * would have drawn. Each tensor is on the CPU and has a row for every image, [batch, ...].
   */
  abstract draw(batch: number, generator: Generator): Draws;

  /**
   * Computes the loss of a batch.
   *
   * @param images f32 [batch, 3, height, width], normalised
   * @param draws as drawn for the batch, on the device
   * @returns a scalar, the mean over the images
   */
  abstract forward(images: Tensor, draws: Draws): Tensor;
}
