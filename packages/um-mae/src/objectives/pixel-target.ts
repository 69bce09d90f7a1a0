import type { Tensor } from '@um-mae/torch';

/** Keeps the division finite in patches of one colour. */
const EPSILON = 1e-6;

/** Mean and standard deviation of each patch's own values: [batch, patches, 1]. */
export interface PatchStatistics {
  readonly mean: Tensor;
  readonly deviation: Tensor;
}

/**
 * @param patches [batch, patches, values]
 * @returns statistics with the unbiased variance, as MAE takes it (arXiv:2111.06377, section 4.1)
 */
export function patchStatistics(patches: Tensor): PatchStatistics {
  const variance = patches.var([-1], { correction: 1, keepdim: true });
  return {
    mean: patches.mean([-1], { keepdim: true }),
    deviation: variance.add(EPSILON).sqrt(),
  };
}

/** Normalises patches to the decoder's target, `(t - mean) / sqrt(variance + 1e-6)`, per patch. */
export function normalisePatches(patches: Tensor): Tensor {
  const { mean, deviation } = patchStatistics(patches);
  return patches.sub(mean).div(deviation);
}
