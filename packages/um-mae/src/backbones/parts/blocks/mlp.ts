import type { Generator, Tensor } from '@um-mae/torch';
import { Linear, Module } from '@um-mae/torch/nn';
import { hiddenChannels } from './mlp-width.js';

/** The sizes of an MLP. */
export interface MlpOptions {
  readonly channels: number;
  /** Hidden channels, in multiples of `channels`. */
  readonly ratio: number;
  readonly generator: Generator;
}

/** Two linear layers with the exact GELU between. */
export class Mlp extends Module {
  readonly fc1: Linear;
  readonly fc2: Linear;

  constructor({ channels, ratio, generator }: MlpOptions) {
    super();
    const hidden = hiddenChannels(channels, ratio);
    this.fc1 = new Linear(channels, hidden, { generator });
    this.fc2 = new Linear(hidden, channels, { generator });
  }

  /** @param x [..., channels]  @returns the same shape */
  forward(x: Tensor): Tensor {
    return this.fc2.forwardGelu(this.fc1.forward(x));
  }
}
