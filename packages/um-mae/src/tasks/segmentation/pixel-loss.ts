/** The loss of segmentation: the cross entropy of every labelled pixel. */
import { crossEntropy, scope, type Tensor } from '@um-mae/torch';
import { type Divisor, ownDivisor, reductions } from '@um-mae/torch/nn';
import { at } from '../../at.js';
import { resizeMap } from '../../heads/segmentation/resize-map.js';

/** The rule of the mean over pixels. */
export interface PixelLossOptions {
  /**
   * Whether ignored pixels count in the mean, as in the published code: `counted` divides the sum
   * by all pixels of the batch, `left-out` by those that have a label.
   */
  readonly ignored: 'counted' | 'left-out';
  /**
   * f32 [classes]: multiplies the loss of the pixels of each class, and not what they are divided
   * by.
   */
  readonly classWeights?: Tensor | undefined;
  /** The rule by which logits are enlarged; see `resizeMap`. Default false. */
  readonly alignCorners?: boolean;
  /** The label of pixels that nothing is learnt from. Default -1. */
  readonly ignoredLabel?: number;
  /** Divides sums over pixels by their number. Default: by that of this batch. */
  readonly divisor?: Divisor | undefined;
}

/**
 * Cross entropy, averaged over the pixels of the batch; 0 where all of them are ignored.
 *
 * @param logits [batch, classes, rows, columns], enlarged to the labels in f32
 * @param labels i64 [batch, height, width]
 * @returns [], f32
 */
export function pixelLoss(logits: Tensor, labels: Tensor, options: PixelLossOptions): Tensor {
  const { ignored, classWeights: weight, alignCorners, ignoredLabel = -1 } = options;
  const { divisor = ownDivisor } = options;
  return scope(() => {
    const full = enlargeToLabels(logits, labels, alignCorners);
    const sum = crossEntropy(full, labels, {
      weight,
      ignoreIndex: ignoredLabel,
      reduction: reductions.sum,
    });
    if (ignored === 'counted') return sum.div(divisor.ofNumber(labels.elements));
    return sum.div(divisor.ofTensor(labels.ne(ignoredLabel).to('f32').sum()));
  });
}

/** Logits for every label, f32 [batch, classes, height, width]. */
function enlargeToLabels(logits: Tensor, { shape }: Tensor, alignCorners?: boolean): Tensor {
  return resizeMap(logits.to('f32'), [at(shape, 1), at(shape, 2)], alignCorners);
}

/**
 * The share of all pixels, ignored ones included, whose likeliest class is their label: as the
 * published code writes it down, so that ignored pixels lower it.
 */
export function pixelAccuracy(logits: Tensor, labels: Tensor, alignCorners?: boolean): Tensor {
  return scope(() =>
    enlargeToLabels(logits.detach(), labels, alignCorners)
      .argmax({ dim: 1 })
      .eq(labels)
      .to('f32')
      .mean(),
  );
}
