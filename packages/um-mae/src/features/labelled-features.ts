/** Features with the classes that they are of. */
import type { Tensor } from '@um-mae/torch';

export interface LabelledFeatures {
  /** [images, channels] */
  readonly features: Tensor;
  /** i64 [images], from 0. */
  readonly labels: Tensor;
}

/** Share of the images whose predicted class is the true one. */
export function accuracy(predicted: Tensor, labels: Tensor): number {
  return predicted.eq(labels).to('f64').mean().number();
}
