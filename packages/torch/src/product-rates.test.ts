import { expect, test } from 'vitest';
import { OperatorError } from './addon/errors.js';
import { Generator } from './device/random.js';
import { ones, randn } from './generated/operators.js';
import { productRates } from './product-rates.js';
import { hasKernel } from './tensor/kernels.js';
import { callOperator } from './tensor/operator.js';
import type { Tensor } from './tensor/tensor.js';
import { expectClose } from './testing/expect-close.js';

test('productRates begin with the BLAS, and are above a billion operations per second', () => {
  const rates = productRates();
  expect(rates[0]).toMatchObject({ library: 'BLAS', dtype: 'f32' });
  for (const { flopsPerSecond } of rates) expect(flopsPerSecond).toBeGreaterThan(1e9);
});

const generator = new Generator(0);
const hasProducts = hasKernel('um::product', ones([1]));

test.skipIf(!hasProducts).each([
  ['as they lie', randn([70, 33], { generator }), randn([33, 50], { generator })],
  ['the right one transposed', randn([70, 33], { generator }), randn([50, 33], { generator }).t()],
  ['the left one transposed', randn([33, 70], { generator }).t(), randn([33, 50], { generator })],
])('every way multiplies matrices %s', (_, a, b) => {
  const expected = a.mm(b);
  for (const by of ['onednn', 'packed', 'blas', undefined])
    expectClose(callOperator('um::product', a, b, by) as Tensor, expected, { atol: 1e-5 });
});

test.skipIf(!hasProducts)('a way that is not there is refused', () => {
  expect(() => callOperator('um::product', ones([2, 2]), ones([2, 2]), 'magma')).toThrow(
    OperatorError,
  );
});
