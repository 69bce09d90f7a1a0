import { AssertionError } from 'node:assert';
import { TorchError } from '../addon/errors.js';
import { arange } from '../generated/operators.js';
import { enableGrad, gradients, noGrad } from '../tensor/autograd.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { position, type Tolerance } from './expect-close.js';

export interface GradcheckOptions extends Partial<Tolerance> {
  /** Half the step of the finite difference. Default 1e-6. */
  readonly epsilon?: number;
}

/**
 * Compares autograd's gradients of `sum(fn(...inputs) * weights)`, for fixed uneven weights, with
 * central finite differences, for every element of every input. Inputs that `fn` closes over are
 * not checked: list them.
 *
 * @param inputs f64; changed and restored in the process
 * @throws AssertionError naming the input, the place, and both values
 *
 * @example
 * ```ts
 * import { tensor } from '@um-mae/torch';
 * import { expectClose, gradcheck } from '@um-mae/torch/testing';
 *
 * const x = tensor([0.5, 2], { dtype: 'f64' });
 * gradcheck((input) => input.square().exp(), [x]); // throws where a gradient is wrong
 * expectClose(x.mul(2), [1, 4], { atol: 1e-12, rtol: 0 });
 * ```
 */
export function gradcheck(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): void {
  const { epsilon = 1e-6, atol = 1e-6, rtol = 1e-4 } = options;
  for (const input of inputs) {
    if (input.dtype !== 'f64') throw new TorchError('dtype', `Expected f64 but got ${input}.`);
  }
  const value = () => scope(() => weighted(fn(...inputs)).number());
  const analytic = scope(() => analyticGradients(fn, inputs));
  for (const [i, input] of inputs.entries()) {
    const elements = input.detach().data() as Float64Array;
    for (const [at, original] of elements.entries()) {
      const [above, below] = [original + epsilon, original - epsilon].map((moved) => {
        elements[at] = moved;
        return noGrad(value);
      }) as [number, number];
      elements[at] = original;
      const numeric = (above - below) / (2 * epsilon);
      const found = analytic[i]?.[at] ?? 0;
      if (Math.abs(found - numeric) <= atol + rtol * Math.abs(numeric)) continue;
      throw new AssertionError({
        message:
          `Expected gradient ${numeric} by finite differences for input ${i} at ` +
          `[${position(at, input.shape).join(', ')}] but autograd gives ${found}.`,
      });
    }
  }
}

function analyticGradients(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
): (Float64Array | undefined)[] {
  const before = inputs.map((input) => input.requiresGrad);
  for (const input of inputs) input.requiresGrad = true;
  try {
    return enableGrad(() => gradients(weighted(fn(...inputs)), inputs)).map(
      (gradient) => gradient?.toArray() as Float64Array | undefined,
    );
  } finally {
    for (const [i, input] of inputs.entries()) input.requiresGrad = before[i] ?? false;
  }
}

/**
 * A plain sum would hide errors that cancel, as in a softmax: element k counts cos(k) + 2 times.
 */
function weighted(output: Tensor): Tensor {
  const places = arange(0, output.elements, { dtype: 'f64' });
  return output.flatten().mul(places.cos().add(2)).sum();
}
