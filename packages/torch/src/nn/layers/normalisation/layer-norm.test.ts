import { describe, test } from 'vitest';
import { Generator } from '../../../device/random.js';
import { randn } from '../../../generated/operators.js';
import { noGrad } from '../../../tensor/autograd.js';
import { tensor } from '../../../tensor/tensor.js';
import { expectClose } from '../../../testing/expect-close.js';
import { gradcheck } from '../../../testing/gradcheck.js';
import { LayerNorm } from './layer-norm.js';

describe('LayerNorm', () => {
  test('centres and scales the last dimension', () => {
    const layer = new LayerNorm(2, { epsilon: 0 });
    layer.bias.detach().fill_(5);
    expectClose(
      layer.forward(
        tensor([
          [1, 3],
          [-10, 10],
        ]),
      ),
      [
        [4, 6],
        [4, 6],
      ],
      { atol: 1e-6 },
    );
  });

  test('adds epsilon to the variance', () => {
    const layer = new LayerNorm(2, { epsilon: 3 });
    expectClose(layer.forward(tensor([1, 3])), [-0.5, 0.5], { atol: 1e-6 });
  });

  test('has the gradients of finite differences', () => {
    const generator = new Generator(0);
    const layer = new LayerNorm(5).to('f64');
    const x = randn([3, 5], { generator, dtype: 'f64' });
    gradcheck(() => layer.forward(x), [x, ...layer.namedParameters().values()]);
  });

  test.each([[5], [16], [32], [77], [768]])(
    'is the same without gradients, of %i channels',
    (channels) => {
      const generator = new Generator(0);
      const layer = new LayerNorm(channels);
      for (const each of layer.namedParameters().values()) {
        each.detach().uniform_({ from: 0.5, to: 1.5, generator });
      }
      const x = randn([3, 7, channels], { generator }).mul(2).add(1);
      const expected = layer.forward(x).detach();
      expectClose(
        noGrad(() => layer.forward(x)),
        expected,
        { atol: 2e-6, rtol: 1e-5 },
      );
      // Of rows that do not lie side by side.
      expectClose(
        noGrad(() => layer.forward(x.transpose(0, 1))),
        expected.transpose(0, 1),
        { atol: 2e-6, rtol: 1e-5 },
      );
    },
  );
});
