import type { Tensor } from '../../tensor/tensor.js';
import { Module } from '../module/module.js';

/** max(x, 0), as a part of a `Sequential`. */
export class Relu extends Module {
  forward(x: Tensor): Tensor {
    return x.relu();
  }
}

/** The exact (erf) GELU (Hendrycks & Gimpel 2016, arXiv:1606.08415). */
export class Gelu extends Module {
  forward(x: Tensor): Tensor {
    return x.gelu();
  }
}
