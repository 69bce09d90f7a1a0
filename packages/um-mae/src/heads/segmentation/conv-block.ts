import type { Tensor } from '@um-mae/torch';
import { NormedConv } from '../normed-conv.js';

/** Convolution, norm, ReLU. */
export class ConvBlock extends NormedConv {
  /** @param x [batch, inputs, height, width]  @returns [batch, channels, height', width'] */
  override forward(x: Tensor): Tensor {
    return super.forward(x).relu();
  }
}
