import { Tensor } from '../../tensor/tensor.js';

/** A tensor that is trained: its module lists it, optimizers move it, and no scope frees it. */
export class Parameter extends Tensor {
  /** Takes over the values of `source`, which is disposed. */
  constructor(source: Tensor) {
    super(source.release());
    this.keep();
    this.requiresGrad = true;
  }
}
