import { embedding, Generator, randn, type Tensor, tensor } from '@um-mae/torch';
import { ActivationCheckpoints } from '@um-mae/torch/nn';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { type BlockTokens, TransformerBlock } from './transformer-block.js';

const distinct = 7;
const channels = 8;
// Tokens 5 and 6 are in both images.
const rows = tensor([0, 1, 5, 6, 2, 3, 6, 5], { dtype: 'i64' }).view([2, 4]);

/** The result, and the gradients of the input and of all parameters. */
type Outcome = readonly (Tensor | undefined)[];

function outcome(
  block: TransformerBlock,
  input: Tensor,
  compute: (x: Tensor) => Tensor,
  backward = (root: Tensor) => root.backward(),
): Outcome {
  const x = input.clone();
  x.requiresGrad = true;
  const parameters = [...block.namedParameters().values()];
  for (const parameter of parameters) parameter.grad = undefined;
  const out = compute(x);
  const weights = randn(out.shape, { generator: new Generator(9) });
  backward(out.mul(weights).sum());
  return [out, x.grad, ...parameters.map(({ grad }) => grad)];
}

describe('a block of tokens that are stored once each', () => {
  const generator = new Generator(4);
  const block = new TransformerBlock({
    channels,
    heads: 2,
    mlpRatio: 4,
    epsilon: 1e-6,
    generator,
  });
  const x = randn([distinct, channels], { generator });

  test.each([0, 1, 3])('computes what it does of all tokens, from token %i on', (from) => {
    const stored = outcome(block, x, (input) => block.forward(input, { rows, from }));
    const all = outcome(block, x, (input) => block.forward(embedding(input, rows), { from }));
    expect(stored[0]?.shape).toEqual([2, 4 - from, channels]);
    expectAllClose(stored, all);
  });

  test('does so with checkpoints', () => {
    const tokens: BlockTokens = { rows, from: 1 };
    const expected = outcome(block, x, (input) => block.forward(input, tokens));
    const checkpoints = new ActivationCheckpoints();
    block.checkpoints = checkpoints;
    const forward = (input: Tensor) => block.forward(input.mul(1), tokens).mul(1);
    const actual = outcome(block, x, forward, (root) => checkpoints.backward(root));
    block.checkpoints = undefined;
    expectAllClose(actual, expected);
  });
});

function expectAllClose(actual: Outcome, expected: Outcome): void {
  for (const [i, value] of expected.entries())
    expectClose(actual[i] as Tensor, value as Tensor, { atol: 1e-5 });
}
