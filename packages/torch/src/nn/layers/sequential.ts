import type { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module/module.js';

/** A module from one tensor to one tensor. */
export type Layer = Module & { forward(x: Tensor): Tensor };

/** Layers one after the other, named `0`, `1`, ... in the state. */
export class Sequential extends Module {
  readonly [position: number]: Layer;
  readonly #layers: readonly Layer[];

  constructor(...layers: Layer[]) {
    super();
    Object.assign(this, layers);
    this.#layers = layers;
  }

  forward(x: Tensor): Tensor {
    return this.#layers.reduce((value, layer) => layer.forward(value), x);
  }
}
