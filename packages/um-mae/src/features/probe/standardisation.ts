/**
 * Features to mean 0 and deviation 1 per channel. Probes need it: masked pre-training leaves
 * channels on very different scales, and nothing in its loss minds.
 *
 * Source: He et al. 2022 (MAE), arXiv:2111.06377, appendix A.1, whose probe has such a layer first.
 */
import type { Tensor } from '@um-mae/torch';

/** Statistics of the features that a probe learns from, never of those that it is measured on. */
export interface FeatureStatistics {
  /** f64 [channels] */
  readonly mean: Tensor;
  /** f64 [channels] */
  readonly deviation: Tensor;
}

/** @param features [images, channels] */
export function featureStatistics(features: Tensor): FeatureStatistics {
  const values = features.to('f64');
  return { mean: values.mean([0]), deviation: values.std([0], { correction: 0 }) };
}

/**
 * Channels that never changed become 0.
 *
 * @param features [images, channels]
 * @returns f64, the same shape
 */
export function standardise(features: Tensor, { mean, deviation }: FeatureStatistics): Tensor {
  const centred = features.to('f64').sub(mean);
  return centred.div(deviation.clamp({ min: 1e-6 }));
}
