/** Gradients on request, and the mode in which none are recorded. */
import { native } from '../addon/native.js';
import { handlesOf, Tensor } from './tensor.js';

/** Runs `body` without recording anything for gradients. */
export function noGrad<Result>(body: () => Result): Result {
  return withGrad(false, body);
}

/** Runs `body` with gradients recorded, also inside `noGrad`. */
export function enableGrad<Result>(body: () => Result): Result {
  return withGrad(true, body);
}

export function isGradEnabled(): boolean {
  return native.isGradEnabled();
}

function withGrad<Result>(enabled: boolean, body: () => Result): Result {
  const before = native.isGradEnabled();
  native.setGradEnabled(enabled);
  try {
    return body();
  } finally {
    native.setGradEnabled(before);
  }
}

/**
 * Gradients of `output` with respect to `inputs`, leaving every `grad` as it is.
 *
 * @param output one element, unless `gradient` says what to start from
 * @returns one tensor per input, `undefined` where the output does not depend on it
 *
 * @example
 * ```ts
 * import { enableGrad, gradients, isGradEnabled, noGrad, tensor } from '@um-mae/torch';
 *
 * const x = tensor([1, 2, 3]);
 * x.requiresGrad = true;
 * const [slope] = gradients(x.square().sum(), [x]);
 * console.log(slope?.toArray().join(' ')); // 2 4 6
 * noGrad(() => {
 *   console.log(isGradEnabled(), enableGrad(() => isGradEnabled())); // false true
 * });
 * ```
 */
export function gradients(
  output: Tensor,
  inputs: readonly Tensor[],
  gradient?: Tensor,
): (Tensor | undefined)[] {
  return native
    .gradients([output.handle], handlesOf(inputs), [gradient?.handle ?? null])
    .map((handle) => (handle === 0 ? undefined : new Tensor(handle)));
}
