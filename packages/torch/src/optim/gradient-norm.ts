/** The length of all gradients taken as one vector, and its limit. */
import { noGrad } from '../autograd.js';
import { _foreachMul_, _foreachNorm, stack } from '../generated/operators.js';
import { scope } from '../scope.js';
import type { Tensor } from '../tensor.js';

/** Euclidean norm of the parameters' gradients; those without one count as 0. */
export function gradientNorm(parameters: Iterable<Tensor>): number {
  return scope(() => noGrad(() => norm(gradientsOf(parameters))));
}

/**
 * Scales the gradients so that their norm is at most `maxNorm`.
 *
 * @returns the norm that they had
 */
export function clipGradientNorm(parameters: Iterable<Tensor>, maxNorm: number): number {
  return scope(() =>
    noGrad(() => {
      const gradients = gradientsOf(parameters);
      const before = norm(gradients);
      // In f32 and through the reciprocal, as PyTorch's tensors compute it.
      const factor = Math.fround(maxNorm * Math.fround(1 / Math.fround(before + 1e-6)));
      if (factor < 1) _foreachMul_(gradients, factor);
      return before;
    }),
  );
}

function gradientsOf(parameters: Iterable<Tensor>): Tensor[] {
  return [...parameters].flatMap((parameter) => parameter.grad ?? []);
}

function norm(gradients: readonly Tensor[]): number {
  return gradients.length === 0 ? 0 : stack(_foreachNorm(gradients)).norm().number();
}
