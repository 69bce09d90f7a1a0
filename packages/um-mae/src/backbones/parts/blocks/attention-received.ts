/**
 * Computes attention maps for pictures, from the weights and the inputs of blocks of any family.
 */
import { ok as assert } from 'node:assert';
import { Tensor } from '@um-mae/torch';
import { type Module, observing } from '@um-mae/torch/nn';
import { at } from '../../../at.js';

/** The last block of each stage. */
export function lastOfStages<Block>(blocks: readonly Block[], depths: readonly number[]): Block[] {
  let end = 0;
  return depths.map((depth) => {
    end += depth;
    return at(blocks, end - 1);
  });
}

/**
 * The first input of each of `modules`, which are inside `model`, when `body` runs it.
 *
 * @returns tensors without gradients, which the enclosing scope frees
 */
export function inputsOf(model: Module, modules: readonly Module[], body: () => unknown): Tensor[] {
  const found = new Map<Module, Tensor>();
  observing(
    model,
    ({ module, inputs: [input] }) => {
      if (modules.includes(module) && input instanceof Tensor)
        found.set(module, input.detach().keep());
    },
    body,
  );
  return modules.map((module) => {
    const input = found.get(module);
    assert(input, 'Expected a model that runs all of its blocks.');
    const scoped = input.view(input.shape);
    input.dispose();
    return scoped;
  });
}

/**
 * softmax(q k^T / sqrt(channels) + bias)
 *
 * @param query [batch, heads, queries, channels]
 * @param key   [batch, heads, keys, channels]
 * @returns     [batch, heads, queries, keys]
 */
export function attentionWeights(query: Tensor, key: Tensor, bias?: Tensor): Tensor {
  const [, , , channels] = query.sizes(4);
  const logits = query.mul(channels ** -0.5).matmul(key.transpose(-2, -1));
  return (bias ? logits.add(bias) : logits).softmax(-1);
}
