/** The class of every pixel of an image, from one pass of the network or from several. */
import { noGrad, scope, type Tensor } from '@um-mae/torch';
import type { ImageSize } from '../../../backbones/backbone.js';
import { type RowSource, resizedMap } from './row-source.js';

/** The way in which the image of a pass was mirrored. */
export type Mirrored = 'horizontal' | 'vertical' | null;

/** The logits of an image, perhaps resized and mirrored. */
export interface PassLogits {
  readonly logits: RowSource;
  readonly mirrored: Mirrored;
}

/** Rows of a result. */
export interface ProbabilityStrip {
  readonly from: number;
  readonly to: number;
  /** [classes, to - from, width]: the mean over all passes. */
  readonly probabilities: Tensor;
}

/** Numbers in a strip: bounds the memory of a result, whatever its size. */
const stripElements = 2 ** 21;

/**
 * Resizes the logits of every pass to the size of a result, turns them into probabilities, mirrors
 * them back, and averages.
 *
 * @yields strips from the top to the bottom, whose tensors the caller disposes of
 */
export function* probabilityStrips(
  passes: readonly PassLogits[],
  size: ImageSize,
  { classes, alignCorners }: { readonly classes: number; readonly alignCorners: boolean },
): Generator<ProbabilityStrip, void, undefined> {
  const step = Math.max(1, Math.floor(stripElements / (classes * size.width)));
  for (let from = 0; from < size.height; from += step) {
    const to = Math.min(from + step, size.height);
    const probabilities = scope(() =>
      noGrad(() =>
        passes
          .map((pass) => stripOf(pass, size, { from, to, alignCorners }))
          .reduce((sum, strip) => sum.add(strip))
          .div(passes.length),
      ),
    );
    yield { from, to, probabilities };
  }
}

interface StripOptions {
  readonly from: number;
  readonly to: number;
  readonly alignCorners: boolean;
}

function stripOf(
  { logits, mirrored }: PassLogits,
  size: ImageSize,
  { from, to, alignCorners }: StripOptions,
): Tensor {
  const resized = resizedMap(logits, size, alignCorners);
  if (mirrored === 'vertical')
    return resized
      .rows(size.height - to, size.height - from)
      .softmax(0)
      .flip([1]);
  const strip = resized.rows(from, to).softmax(0);
  return mirrored === 'horizontal' ? strip.flip([2]) : strip;
}

/** @returns the likeliest class of every pixel, row by row */
export function likeliestClasses(
  passes: readonly PassLogits[],
  size: ImageSize,
  options: { readonly classes: number; readonly alignCorners: boolean },
): Int32Array {
  const map = new Int32Array(size.height * size.width);
  for (const { from, probabilities } of probabilityStrips(passes, size, options)) {
    const strip = scope(() => probabilities.argmax({ dim: 0 }).to('i32').to('cpu').toArray());
    map.set(strip as Int32Array, from * size.width);
    probabilities.dispose();
  }
  return map;
}
