/** The length of all gradients taken as one vector, and its limit. */

import { _foreachNorm, stack, zeros } from '../generated/operators.js';
import { noGrad } from '../tensor/autograd.js';
import { callOperator } from '../tensor/operator.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';

/** Euclidean norm of the parameters' gradients, f32 []; those without one count as 0. */
export function gradientNorm(parameters: Iterable<Tensor>): Tensor {
  return scope(() => noGrad(() => norm(gradientsOf(parameters))));
}

/**
 * Scales the gradients so that their norm is at most `maxNorm`.
 *
 * @returns the norm that they had, f32 []
 *
 * @example
 * ```ts
 * import { Generator, noGrad, randn } from '@um-mae/torch';
 * import { Linear } from '@um-mae/torch/nn';
 * import { AdamW, clipGradientNorm, gradientNorm, updateAverage } from '@um-mae/torch/optim';
 * import { warmupCosine } from '@um-mae/torch/optim';
 *
 * const generator = new Generator(0);
 * const model = new Linear(4, 1, { generator });
 * const weights = [...model.namedParameters().values()];
 * const average = noGrad(() => weights.map((weight) => weight.clone()));
 * const optimizer = new AdamW([{ parameters: model.namedParameters(), weightDecay: 0.05 }]);
 * const rate = warmupCosine({ peak: 1e-3, minimum: 1e-6, warmup: 2, total: 10 }); // in epochs
 *
 * for (let step = 1; step <= 3; step++) {
 *   optimizer.zeroGrad();
 *   model.forward(randn([8, 4], { generator })).square().mean().backward();
 *   clipGradientNorm(weights, 0.1);
 *   console.log(gradientNorm(weights).number() <= 0.1001); // true
 *   optimizer.step(rate(step));
 *   updateAverage(average, weights, { decay: 0.999, step });
 * }
 * ```
 */
export function clipGradientNorm(parameters: Iterable<Tensor>, maxNorm: number): Tensor {
  return scope(() =>
    noGrad(() => {
      const gradients = gradientsOf(parameters);
      const before = norm(gradients);
      // Through the reciprocal, as PyTorch's tensors compute it.
      const factor = before.add(1e-6).pow(-1).mul(maxNorm).clamp({ max: 1 });
      if (factor.device !== 'cpu') {
        // A GPU is not asked whether there is anything to do: that would mean waiting for it.
        callOperator('aten::_foreach_mul_.Tensor', gradients, factor);
      } else if (factor.number() !== 1) {
        for (const gradient of gradients) gradient.mul_(factor);
      }
      return before;
    }),
  );
}

function gradientsOf(parameters: Iterable<Tensor>): Tensor[] {
  return [...parameters].flatMap((parameter) => parameter.grad ?? []);
}

function norm(gradients: readonly Tensor[]): Tensor {
  return gradients.length === 0 ? zeros([]) : stack(_foreachNorm(gradients)).norm();
}
