/**
 * The base of the blocks of all backbones and of the decoder: drop path and activation checkpoints.
 */
import type { Generator, Tensor } from '@um-mae/torch';
import { type ActivationCheckpoints, DropPath, Module } from '@um-mae/torch/nn';

/** @template Context what a block takes beside tokens */
export abstract class ResidualBlock<Context extends readonly unknown[] = []> extends Module {
  /** The DropPath of both residual branches. */
  readonly dropPath = new DropPath(0);
  /** Keeps the activations of the block from being stored; set by whoever trains. */
  checkpoints: ActivationCheckpoints | undefined;

  forward(x: Tensor, ...context: Context): Tensor {
    if (!this.checkpoints) return this.compute(x, ...context);
    return this.checkpoints.run((...inputs) => this.compute(...inputs), x, ...context);
  }

  protected abstract compute(x: Tensor, ...context: Context): Tensor;
}

/** All blocks inside a module, from the first to the last. */
export function blocksOf(module: Module): ResidualBlock<readonly unknown[]>[] {
  return [...module.modules()].filter((inner) => inner instanceof ResidualBlock);
}

export interface DropPathOptions {
  readonly rate: number;
  readonly generator: Generator;
}

/**
 * Lets training skip residual branches: with a probability that rises linearly from 0 in the first
 * block to `rate` in the last.
 */
export function setDropPath(module: Module, { rate, generator }: DropPathOptions): void {
  const blocks = blocksOf(module);
  for (const [i, { dropPath }] of blocks.entries()) {
    dropPath.rate = (rate * i) / Math.max(1, blocks.length - 1);
    dropPath.generator = generator;
  }
}
