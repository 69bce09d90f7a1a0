/** Predictions of a classifier for single images. */
import { noGrad, scope } from '@um-mae/torch';
import { at } from '../../at.js';
import { type PartOptions, partOf } from '../../data/loading/in-parts.js';
import { middleLoader } from '../../data/loading/middle-loader.js';
import type { SkippedImage } from '../../data/loading/unreadable.js';
import type { ImageSet } from '../../data/sources/image-set.js';
import type { Classifier } from '../../heads/classifier.js';
import { normaliseImages } from '../../images/normalise.js';

export interface ClassificationOptions extends Pick<PartOptions, 'signal'> {
  /** The device of the classifier. Default `cpu`. */
  readonly device?: string | undefined;
  /** Decoding threads. Default 1. */
  readonly workers?: number | undefined;
  /** Images that are computed at once. Default 64. */
  readonly batchSize?: number | undefined;
}

/** The prediction of a classifier for one image. */
export interface Prediction {
  /** Place in the set. */
  readonly index: number;
  readonly path: string;
  /** Natural logarithms of the probabilities, one per class. */
  readonly logProbabilities: Float32Array;
}

/** Predictions for the images of a batch, and what could not be read. */
interface PredictedBatch {
  readonly predictions: readonly Prediction[];
  readonly skipped: readonly SkippedImage[];
}

/**
 * Classifies the middle of every image, in the order of the set, without a random number. Of several
 * processes each has its part.
 */
export async function* classify(
  model: Classifier,
  images: ImageSet,
  {
    device = 'cpu',
    workers,
    batchSize,
    team,
  }: Omit<ClassificationOptions, 'signal'> & Pick<PartOptions, 'team'> = {},
): AsyncGenerator<PredictedBatch, void, undefined> {
  const { image } = model.options;
  const loader = middleLoader(images, { image, batchSize, workers });
  const training = model.training;
  try {
    const part = partOf(loader.batches, team);
    for await (const { pixels, indices, paths, skipped } of loader.epoch(0, part)) {
      model.eval();
      const rows = indices.length === 0 ? [] : logProbabilities(model, pixels, device);
      model.train(training);
      const predictions = rows.map((row, i) => ({
        index: at(indices, i),
        path: paths[i] ?? '',
        logProbabilities: row,
      }));
      yield { predictions, skipped };
    }
  } finally {
    await loader.close();
  }
}

/** @returns one row per image, of one number per class */
function logProbabilities(model: Classifier, pixels: Uint8Array, device: string): Float32Array[] {
  const { image, classes } = model.options;
  const values = scope(() => {
    const logits = noGrad(() => model.forward(normaliseImages(pixels, image, device)));
    return logits.to('f32').logSoftmax(-1).to('cpu').toArray() as Float32Array;
  });
  return Array.from({ length: values.length / classes }, (_, i) =>
    values.slice(i * classes, (i + 1) * classes),
  );
}

/** The classes of the largest numbers, the largest first; of equal ones the first. */
export function likeliest(row: Float32Array, count: number): number[] {
  const order = [...row.entries()].sort(([a, x], [b, y]) => y - x || a - b);
  return order.slice(0, count).map(([index]) => index);
}
