/** A feature map in two numbers for each channel. */
import type { Tensor } from '@um-mae/torch';

/**
 * Computes the mean and the standard deviation over the places of a map [batch, height, width,
 * channels], as two [batch, channels]. The deviation is that of all places (no sample of them): 0
 * where there is one.
 *
 * @param epsilon is added to the variance. The gradient of a deviation of 0 is finite only with it.
 */
export function placeStatistics(map: Tensor, epsilon = 0): [mean: Tensor, deviation: Tensor] {
  const mean = map.mean([1, 2], { keepdim: true });
  const variance = map.sub(mean).square().mean([1, 2]);
  const deviation = (epsilon === 0 ? variance : variance.add(epsilon)).sqrt();
  return [mean.flatten({ startDim: 1 }), deviation];
}
