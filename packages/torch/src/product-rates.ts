/** Measures how fast this machine multiplies matrices, by library. */
import { OperatorError } from './addon/errors.js';
import { randn } from './generated/operators.js';
import { hasKernel } from './tensor/kernels.js';
import { callOperator } from './tensor/operator.js';
import { scope } from './tensor/scope.js';
import type { Tensor } from './tensor/tensor.js';

/** A library in one precision, and what it reaches. */
export interface ProductRate {
  readonly library: 'BLAS' | 'oneDNN';
  readonly dtype: 'f32' | 'bf16';
  /** Floating-point operations per second of the fastest of a few large products. */
  readonly flopsPerSecond: number;
}

/** [rows, depth, columns], and how often each is computed. */
const shapes = [
  [1024, 1024, 1024],
  [2048, 512, 512],
] as const;
const rounds = 6;

/**
 * Measures products on the CPU with as many threads as are set; about half a second. Without the
 * addon's own products, that of libtorch is measured, which counts as its BLAS. What a library
 * cannot compute here is left out.
 */
export function productRates(): ProductRate[] {
  const rates = [rate('BLAS', 'f32', ['blas'])];
  if (scope(() => hasKernel('um::product', randn([1, 1])))) {
    const ways = ['onednn', 'packed'] as const;
    rates.push(rate('oneDNN', 'f32', ways), rate('oneDNN', 'bf16', ways));
  }
  return rates.filter(({ flopsPerSecond }) => flopsPerSecond > 0);
}

type Way = 'onednn' | 'packed' | 'blas';

function rate(
  library: ProductRate['library'],
  dtype: ProductRate['dtype'],
  ways: readonly Way[],
): ProductRate {
  const all = shapes.flatMap((shape) => ways.map((way) => flopsPerSecond(way, dtype, shape)));
  return { library, dtype, flopsPerSecond: Math.max(...all) };
}

/** The best of a few; 0 where the processor cannot do it. */
function flopsPerSecond(
  way: Way,
  dtype: ProductRate['dtype'],
  [rows, depth, columns]: (typeof shapes)[number],
): number {
  return scope(() => {
    const [a, b] = [randn([rows, depth], { dtype }), randn([depth, columns], { dtype })];
    try {
      const seconds = Array.from({ length: rounds }, () => secondsOf(way, a, b));
      return (2 * rows * depth * columns) / Math.min(...seconds);
    } catch (error) {
      if (error instanceof OperatorError) return 0;
      throw error;
    }
  });
}

function secondsOf(way: Way, a: Tensor, b: Tensor): number {
  const startMs = performance.now();
  const made = way === 'blas' ? a.mm(b) : (callOperator('um::product', a, b, way) as Tensor);
  const seconds = (performance.now() - startMs) / 1000;
  made.dispose();
  return seconds;
}
