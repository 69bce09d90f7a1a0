import { arange, Generator, noGrad, randn, type Tensor } from '@um-mae/torch';
import { ActivationCheckpoints } from '@um-mae/torch/nn';
import { expectClose, gradcheck } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { blocksOf } from '../../backbones/parts/blocks/residual-block.js';
import { CrossDecoder } from './cross-decoder.js';

const sizes = {
  kind: 'cross',
  channels: 8,
  depth: 2,
  heads: 2,
  mlpRatio: 4,
  epsilon: 1e-6,
  stages: 'last',
  predicted: 0.5,
} as const;

/** Two images of six units, of which two are visible; a class token in front. */
function build(dtype: 'f32' | 'f64' = 'f32') {
  const generator = new Generator(5);
  const decoder = new CrossDecoder(sizes, { generator }).to(dtype);
  const indices = (first: number, end: number) =>
    arange(first, end, { dtype: 'i64' })
      .expand([2, end - first])
      .contiguous();
  const input = {
    seen: randn([2, 3, 8], { generator, dtype }),
    masked: randn([6, 8], { generator, dtype }),
    visible: indices(0, 2),
    dropped: indices(2, 6),
    predicted: indices(4, 6),
  };
  return { decoder, input };
}

describe('CrossDecoder', () => {
  test('decodes each unit by itself', () => {
    const { decoder, input } = build();
    noGrad(() => {
      const all = decoder.decodeAll(input);
      expect(all.shape).toEqual([2, 6, 8]);
      expectClose(decoder.forward(input), all.narrow(1, 4, 2), { atol: 1e-6 });
      const predicted = input.predicted.slice({ dim: 1, start: 1 });
      expectClose(decoder.forward({ ...input, predicted }), all.narrow(1, 5, 1), { atol: 1e-6 });
    });
  });

  test('has the gradients of finite differences in float64', () => {
    const { decoder, input } = build('f64');
    const parameters = [...decoder.namedParameters().values()];
    gradcheck(
      () => decoder.forward(input).square().sum(),
      [input.seen, input.masked, ...parameters.filter(({ elements }) => elements <= 16)],
    );
  });

  test('has the same gradients when its activations are computed twice', () => {
    const gradientsOf = (isCheckpointed: boolean): Tensor[] => {
      const { decoder, input } = build();
      const checkpoints = new ActivationCheckpoints();
      if (isCheckpointed) for (const block of blocksOf(decoder)) block.checkpoints = checkpoints;
      const inputs = [input.seen, input.masked];
      for (const each of inputs) each.requiresGrad = true;
      const loss = decoder.forward(input).square().sum();
      if (isCheckpointed) checkpoints.backward(loss);
      else loss.backward();
      const trained = [...inputs, ...decoder.namedParameters().values()];
      return trained.map(({ grad }) => grad as Tensor);
    };
    const expected = gradientsOf(false);
    for (const [i, gradient] of gradientsOf(true).entries()) {
      expectClose(gradient, expected[i] as Tensor, { atol: 1e-6 });
    }
  });
});
