/**
 * Collects the mistakes of the best weights, with small pictures, as the data may be elsewhere
 * later.
 */
import { smallPicture } from '../../../data/small-picture.js';
import type { ImageSet } from '../../../data/sources/image-set.js';
import { ImageReader } from '../../../data/sources/read-image.js';
import type { Moment } from '../../../training/evaluation.js';
import type { ClassifierEvaluation } from '../classification.js';
import type { ClassificationResults } from '../results.js';

/** Longer side of a picture, in pixels. */
const pictureSide = 128;

interface SetEvaluation extends Pick<ClassifierEvaluation, 'confusion' | 'mistakes'> {
  /** The images of the evaluation. */
  readonly images: ImageSet;
}

/** @param moment the step and epoch of the evaluation */
export async function resultsOf(
  { step, epoch }: Moment,
  { confusion, mistakes, images }: SetEvaluation,
): Promise<ClassificationResults> {
  const reader = new ImageReader();
  const pictured: ClassificationResults['mistakes'][number][] = [];
  // One after the other: a photo takes tens of megabytes until it is small.
  for (const { index, ...mistake } of mistakes) {
    const picture = await smallPicture({ images, index, reader, side: pictureSide });
    pictured.push({ ...mistake, picture: picture?.toString('base64') ?? null });
  }
  return { version: 1, step, epoch, confusion, mistakes: pictured };
}
