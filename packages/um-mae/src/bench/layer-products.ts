/** Multiply-accumulates of forward passes of dense networks: of the encoder, and of what follows. */
import type { Tensor } from '@um-mae/torch';
import { type Module, type ModuleCall, observing, TransposedConv2d } from '@um-mae/torch/nn';
import { at } from '../at.js';
import { type BackboneOptions, encoderArithmetic, shapeOf } from '../backbones/families.js';
import type { TrainedModel } from '../training/task.js';

/**
 * Runs `body` and counts the multiply-accumulates of convolutions and linear layers in the forward
 * passes in it, those of the encoder left out: attention has products without layers.
 */
export function layerProducts(model: TrainedModel, body: () => void): number {
  const ofEncoder = new Set<Module>(model.encoder.modules());
  let sum = 0;
  const count = (call: ModuleCall) => {
    if (!ofEncoder.has(call.module)) sum += productsOf(call);
  };
  observing(model, count, body);
  return sum;
}

function productsOf({ module, inputs, output }: ModuleCall): number {
  if (!('weight' in module)) return 0;
  const { shape, elements } = module.weight as Tensor;
  if (shape.length < 2) return 0;
  // Every weight meets every place of the result; of a transposed convolution, of the input.
  const isTransposed = module instanceof TransposedConv2d;
  const places = (isTransposed ? at(inputs, 0) : output) as Tensor;
  return (elements * places.elements) / at(shape, 0);
}

/** Multiply-accumulates of an encoder for one image. @param size the side of the image */
export function encoderProducts(backbone: BackboneOptions, size: number): number {
  const side = size / shapeOf(backbone).patch;
  const parts = encoderArithmetic(backbone, { height: side, width: side, isCompact: false });
  return Object.values(parts).reduce((sum, part) => sum + part, 0);
}
