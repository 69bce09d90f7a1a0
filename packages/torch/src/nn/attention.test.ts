import { describe, expect, test } from 'vitest';
import { OperatorError } from '../addon/errors.js';
import { engine } from '../device/device.js';
import { Generator } from '../device/random.js';
import { ones, randn } from '../generated/operators.js';
import { gradients } from '../tensor/autograd.js';
import { callOperator } from '../tensor/operator.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectClose } from '../testing/expect-close.js';
import { gradcheck } from '../testing/gradcheck.js';
import {
  composedAttention,
  composedCrossAttention,
  composedSelfAttention,
  crossAttention,
  scaledDotProductAttention,
  selfAttention,
} from './attention.js';

const generator = new Generator(0);

function random(...shape: number[]): Tensor {
  const made = randn(shape, { generator });
  made.requiresGrad = true;
  return made;
}

/** Values and gradients of a kernel and of its composition, on the same inputs. */
function expectSame(
  kernel: (...inputs: Tensor[]) => Tensor,
  composition: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
): void {
  const [fused, composed] = [kernel(...inputs), composition(...inputs)];
  expectClose(fused, composed, { atol: 2e-6 });
  const above = randn(composed.shape, { generator });
  const found = gradients(fused, inputs, above);
  const expected = gradients(composed, inputs, above);
  for (const [i, gradient] of expected.entries()) {
    expectClose(found[i] as Tensor, gradient as Tensor, { atol: 2e-5 });
  }
}

test.skipIf(!engine().isFastInHalf).each([64, 20])(
  'attention in bf16 is nearly what it is in f32, with %i channels',
  (channels) => {
    const [qkv, query, keyValue] = [
      random(2, 50, 3, 2, channels),
      random(2, 30, 2, channels),
      random(2, 40, 2, 2, channels),
    ];
    for (const [attend, inputs] of [
      [([x]: Tensor[]) => selfAttention(x as Tensor, { first: 3 }), [qkv]],
      [([q, kv]: Tensor[]) => crossAttention(q as Tensor, kv as Tensor), [query, keyValue]],
    ] as const) {
      const single = attend([...inputs]);
      const half = attend(inputs.map((input) => input.to('bf16')));
      expect(half.dtype).toBe('bf16');
      const above = randn(single.shape, { generator });
      const expected = [single, ...gradients(single, [...inputs], above)];
      const found = [half, ...gradients(half.to('f32'), [...inputs], above)];
      for (const [i, ours] of found.entries()) {
        const theirs = expected[i] as Tensor;
        const apart = (ours as Tensor).to('f32').sub(theirs).norm().number();
        expect(apart / theirs.norm().number()).toBeLessThan(1e-2);
      }
    }
  },
);

describe('selfAttention', () => {
  test.each([
    { batch: 2, tokens: 64, heads: 3, channels: 32, first: 0 },
    { batch: 1, tokens: 197, heads: 2, channels: 64, first: 0 },
    { batch: 3, tokens: 50, heads: 1, channels: 20, first: 13 },
    { batch: 1, tokens: 17, heads: 2, channels: 7, first: 16 },
    { batch: 1, tokens: 2, heads: 1, channels: 1, first: 0 },
  ])('equals its composition: $tokens tokens of $channels', ({ first, ...sizes }) => {
    const { batch, tokens, heads, channels } = sizes;
    const qkv = random(batch, tokens, 3, heads, channels);
    expectSame(
      (x) => selfAttention(x, { first }),
      (x) => composedSelfAttention(x, { first }),
      [qkv],
    );
  });

  test('takes inputs that are not contiguous', () => {
    const qkv = random(5, 2, 3, 2, 8);
    const turned = (x: Tensor) => x.transpose(0, 1);
    expectSame(
      (x) => selfAttention(turned(x)),
      (x) => composedSelfAttention(turned(x)),
      [qkv],
    );
  });

  test('keeps large logits finite', () => {
    const qkv = random(1, 33, 3, 1, 16).mul(100);
    expectClose(selfAttention(qkv), composedSelfAttention(qkv), { atol: 1e-4 });
  });

  test('hides no value that is not a number', () => {
    const qkv = random(1, 20, 3, 1, 16).detach();
    qkv.at(0).at(7).at(1).fill_(Number.NaN);
    expect(selfAttention(qkv).isnan().all().item()).toBe(true);
  });

  test('has the gradients of finite differences without the kernel', () => {
    const qkv = randn([1, 3, 3, 2, 4], { generator, dtype: 'f64' });
    gradcheck(() => selfAttention(qkv, { first: 1 }), [qkv]);
  });

  test('refuses what is not packed', () => {
    expect(() => selfAttention(ones([1, 2, 2, 1, 4]))).toThrow(OperatorError);
    expect(() => selfAttention(ones([1, 2, 3, 1, 4]), { first: 2 })).toThrow(
      /expected the first query among 2 tokens but got 2/,
    );
  });
});

describe.skipIf(Number.parseInt(engine().version, 10) < 2)(
  'scaledDotProductAttention (needs libtorch 2)',
  () => {
    test.each([{ images: 1 }, { images: 3 }])(
      'equals the composition: 6 windows, a bias for $images',
      ({ images }) => {
        const inputs = [0, 1, 2].map(() => random(6, 2, 9, 8));
        const bias = random(images, 2, 9, 9);
        expectSame(
          (query, key, value, own) =>
            scaledDotProductAttention(query as Tensor, key as Tensor, value as Tensor, own),
          (query, key, value, own) =>
            composedAttention(query as Tensor, key as Tensor, value as Tensor, own),
          [...inputs, bias],
        );
      },
    );
  },
);

describe('crossAttention', () => {
  test.each([
    { queries: 256, keys: 64, heads: 1, channels: 64 },
    { queries: 17, keys: 5, heads: 2, channels: 7 },
    { queries: 100, keys: 1, heads: 2, channels: 16 },
    { queries: 1, keys: 40, heads: 1, channels: 8 },
  ])('equals its composition: $queries queries, $keys keys', (sizes) => {
    const { queries, keys, heads, channels } = sizes;
    const inputs = [random(2, queries, heads, channels), random(2, keys, 2, heads, channels)];
    expectSame(crossAttention, (x, y) => composedCrossAttention(x, y), inputs);
  });

  test('refuses keys of another number of heads', () => {
    const query = ones([1, 4, 1, 2, 8]);
    expect(() => callOperator('um::attention', query, ones([1, 4, 2, 1, 8]))).toThrow(
      /1 of queries and 2 of keys and values/,
    );
  });
});
