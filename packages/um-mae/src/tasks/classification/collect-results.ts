/** Keeps what the best weights get wrong, with small pictures: the data may be elsewhere when someone looks. */
import { smallPicture } from '../../data/small-picture.js';
import type { ImageSet } from '../../data/sources/image-set.js';
import { ImageReader } from '../../data/sources/read-image.js';
import type { Moment } from '../../training/evaluation.js';
import type { ClassifierEvaluation } from './classification.js';
import type { Results } from './results.js';

/** Longer side of a picture, in pixels. */
const pictureSide = 128;

interface Evaluated extends Pick<ClassifierEvaluation, 'confusion' | 'mistakes'> {
  /** Those that were evaluated on. */
  readonly images: ImageSet;
}

/** @param moment of the evaluation */
export async function resultsOf(
  { step, epoch }: Moment,
  { confusion, mistakes, images }: Evaluated,
): Promise<Results> {
  const reader = new ImageReader();
  const told: Results['mistakes'][number][] = [];
  // One after the other: a photo takes tens of megabytes until it is small.
  for (const { index, ...mistake } of mistakes) {
    const picture = await smallPicture({ images, index, reader, side: pictureSide });
    told.push({ ...mistake, picture: picture?.toString('base64') ?? null });
  }
  return { version: 1, step, epoch, confusion: pairsOf(confusion), mistakes: told };
}

function pairsOf(confusion: ClassifierEvaluation['confusion']): [number, number, number][] {
  return confusion.flatMap((row, label) =>
    row.flatMap((images, predicted): [number, number, number][] =>
      images === 0 ? [] : [[label, predicted, images]],
    ),
  );
}
