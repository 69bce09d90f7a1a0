import { AssertionError } from 'node:assert';
import { noGrad } from '../tensor/autograd.js';
import { scope } from '../tensor/scope.js';
import { isTensor, type NestedNumbers, type Tensor, tensor } from '../tensor/tensor.js';

/** The largest allowed difference of two values: `atol + rtol * |expected|`. */
export interface Tolerance {
  readonly atol: number;
  readonly rtol?: number;
}

/**
 * Checks every element. NaN is close to NaN, an infinity to itself.
 *
 * @throws AssertionError with the largest absolute difference and where it is, or with both shapes
 */
export function expectClose(
  actual: Tensor,
  expected: Tensor | NestedNumbers,
  tolerance: Tolerance,
): void {
  scope(() => {
    const reference = isTensor(expected) ? expected : tensor(expected, { dtype: 'f64' });
    if (actual.shape.join() !== reference.shape.join()) {
      fail(`Expected shape [${reference.shape.join(', ')}] but got [${actual.shape.join(', ')}].`);
    }
    compare(numbers(actual), numbers(reference), actual.shape, tolerance);
  });
}

function compare(
  actual: Float64Array,
  expected: Float64Array,
  shape: readonly number[],
  { atol, rtol = 0 }: Tolerance,
): void {
  let worst = { at: 0, difference: -1 };
  let apart = 0;
  for (const [at, value] of actual.entries()) {
    const reference = expected[at] ?? Number.NaN;
    if (Object.is(value, reference)) continue;
    const difference = Math.abs(value - reference);
    if (difference <= atol + rtol * Math.abs(reference)) continue;
    apart++;
    const size = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
    if (size > worst.difference) worst = { at, difference: size };
  }
  if (apart === 0) return;
  const { at, difference } = worst;
  fail(
    `Expected values within ${atol}${rtol > 0 ? ` + ${rtol} * |expected|` : ''} but the largest ` +
      `difference is ${difference} at [${position(at, shape).join(', ')}], where ` +
      `${actual[at]} stands for ${expected[at]}; ${apart} of ${actual.length} differ too much.`,
  );
}

function numbers(values: Tensor): Float64Array {
  return noGrad(() => values.to('f64').toArray() as Float64Array);
}

/** Row-major place of element `index`. */
export function position(index: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = index;
  for (const size of shape.toReversed()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place;
}

function fail(message: string): never {
  throw new AssertionError({ message });
}
